// Those who are in the consultation already when somebody joins (join.mjs). Each way answers with `renew`, called every few
// joins, and `close`.
import { execFileSync, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { FULL_FPS, joinCall, openChromium, ROOT, ticket } from '../web/harness.mjs';
import { own } from '../web/own.mjs';

const BUILD = resolve(ROOT, process.env.HOICHAN_BUILD ?? 'build/asan');

/** Ten seconds that move, in one key frame and what follows it; no frame that is not shown, which no live encoder sends. */
function makeFilm(path) {
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25', '-t', '10', '-c:v', 'libvpx',
    '-b:v', '500k', '-g', '9999', '-deadline', 'realtime', '-cpu-used', '8', '-auto-alt-ref', '0', '-lag-in-frames', '0', path]);
  return path;
}

function startLoad() {
  const child = own(spawn(join(BUILD, 'tests/bench/load'), [], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const tell = (order) => child.stdin.write(`${JSON.stringify(order)}\n`);
  const ask = async (order) => (tell(order), JSON.parse((await lines.next()).value));
  return { tell, ask, close: () => (child.stdin.end(), new Promise((done) => child.once('exit', done))) };
}

/**
 * Publishers of the load generator's, each with a film and silence: like people with machines of their own they take next to
 * nothing of this one. They see nobody.
 */
export async function publishers(server, api, consultation, count) {
  const film = makeFilm(join(server.dir, 'film.ivf'));
  const load = startLoad();
  for (let id = 1; id <= count; id++) {
    const { offer } = await load.ask({ cmd: 'publish', id, film });
    const answer = await fetch(`https://127.0.0.1:${server.port}/whip/${consultation.id}`, {
      method: 'POST', headers: { 'content-type': 'application/sdp', authorization: `Bearer ${await ticket(api, consultation.id, `BS. ${id}`)}` }, body: offer,
    });
    if (!answer.ok) throw new Error(`WHIP: ${answer.status} ${await answer.text()}`);
    load.tell({ cmd: 'answer', id, sdp: await answer.text() });
  }
  return { renew: async () => undefined, close: load.close };
}

async function encoder(server, api, consultation, n) {
  const text = await ticket(api, consultation.id, `BS. ${n}`);
  const child = spawn('/usr/bin/python3', [join(ROOT, 'tests/flow/encoder_gst.py'), `https://localhost:${server.port}/whip/${consultation.id}`, text,
    join(server.dir, 'state/tls/cert.pem'), String(60 + 20 * n), String(300 + 60 * n)], { stdio: ['pipe', 'pipe', 'ignore'] });
  await new Promise((done, failed) => {
    child.stdout.once('data', done);
    child.once('exit', (code) => failed(new Error(`the encoder ended with ${code}`)));
  });
  return { close: () => (child.stdin.end(), new Promise((done) => child.once('exit', done))) };
}

/** One Chromium, which sees everybody, and encoders of GStreamer's: what they encode, play and draw this machine does, too. */
export async function browserAndEncoders(server, api, consultation, count) {
  const browser = await openChromium({ colour: 'teal', fps: FULL_FPS });
  let encoders = [];
  const stop = () => Promise.all(encoders.map((one) => one.close()));
  await joinCall(browser, server, await ticket(api, consultation.id, 'BS. Lan', 'host'));
  return {
    /** They do not prove their consent, and are given up after 30 s. */
    renew: async () => {
      await stop();
      encoders = await Promise.all(Array.from({ length: count - 1 }, (_, n) => encoder(server, api, consultation, n + 1)));
    },
    close: async () => {
      await stop();
      await browser.close();
    },
  };
}
