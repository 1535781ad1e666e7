// Before the call: which ways through the network are open, tried for real against this server and a real TURN server; what
// is said when one is not; joining without devices; what a refused permission explains, in either browser; the tone of the speaker.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { book, freePort, openChromium, openFirefox, ownAddress, signIn, startServer, ticket, until } from './harness.mjs';
import { deafUntilOffered } from './connections.mjs';
import { own } from './own.mjs';
import { readable } from './readable.mjs';

const SECRET = 'bi-mat-chung';
const dir = mkdtempSync(join(tmpdir(), 'hoichan-prejoin-'));
let turn, server, api, consultation;

async function startTurn(port) {
  const address = ownAddress();
  turn = own(spawn('turnserver', ['-n', '--use-auth-secret', `--static-auth-secret=${SECRET}`, '--realm=hoichan', `--listening-ip=${address}`, `--relay-ip=${address}`,
    `--listening-port=${port}`, '--allow-loopback-peers', '--no-cli', '--no-tls', '--no-dtls', `--pidfile=${dir}/turn.pid`, `--userdb=${dir}/turn.db`, '--log-file=stdout'], { stdio: 'ignore' }));
  await until('the TURN server to listen', () => new Promise((done, fail) => {
    const socket = connect(port, address, () => done(socket.destroy())).on('error', fail);
  }));
}

before(async () => {
  const port = await freePort();
  await startTurn(port);
  writeFileSync(join(dir, 'secret'), SECRET);
  const dead = await freePort(); // nothing listens there: a relay that the network does not let through
  const address = ownAddress();
  server = await startServer({ config: `[turn]\nurls=turn:${address}:${port}?transport=udp,turn:${address}:${port}?transport=tcp,turns:${address}:${dead}?transport=tcp\nsecret_file=${dir}/secret\n` });
  api = await signIn(server);
  consultation = await book(api);
});

after(async () => {
  turn?.kill('SIGTERM');
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const open = async (peer, name) => peer.open(`${server.origin}/join#${await ticket(api, consultation.id, name, 'specialist')}`);

const measured = (peer) => peer.evaluate(() => /^(?!measuring)/.test(document.querySelector('[data-testid="line"]')?.dataset.quality ?? 'measuring'));
const rungs = (peer) => peer.evaluate(() => Object.fromEntries([...document.querySelectorAll('[data-testid="rung"]')].map((rung) => [rung.dataset.way, rung.dataset.state])));

/** Opens the ladder and waits for what it should show. What a busy machine measured too slowly is measured again, as a person would. */
async function climbs(peer, expected, words) {
  await until('the line to be measured', () => measured(peer));
  await peer.click('line-details');
  await until('the ways and the line as they are', async () => {
    await until('a measurement', () => measured(peer));
    const found = [await rungs(peer), await peer.text('line')];
    if (Object.entries(expected).every(([way, state]) => found[0][way] === state) && words.test(found[1])) return true;
    await peer.click('line-again');
    await until('another measurement', async () => !(await measured(peer)), { timeout: 5000 });
    throw new Error(JSON.stringify(found));
  }, { timeout: 150000 });
}

const BROWSERS = [['Chromium', openChromium], ['Firefox', openFirefox]];
const HOW = { Chromium: /bật Camera và Micrô/, Firefox: /camera bị gạch/ };

/** Which of the two notes of the speaker test have been loudest in whatever the page played. */
function listenToPlayed() {
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    if (this instanceof HTMLAudioElement && this.srcObject && !this.muted) {
      globalThis.notes ??= [];
      const context = new AudioContext();
      const analyser = new AnalyserNode(context, { fftSize: 8192 });
      context.createMediaStreamSource(this.srcObject).connect(analyser);
      const bins = new Float32Array(analyser.frequencyBinCount);
      const timer = setInterval(() => {
        analyser.getFloatFrequencyData(bins);
        const at = (hz) => Math.max(...bins.slice(Math.floor((hz - 15) / (context.sampleRate / 8192)), Math.ceil((hz + 15) / (context.sampleRate / 8192))));
        const [low, high] = [at(523.25), at(659.25)];
        if (Math.max(low, high) > -50) globalThis.notes.push(low > high ? 523 : 659);
      }, 40);
      setTimeout(() => (clearInterval(timer), context.close()), 5000);
    }
    return play.call(this);
  };
}

for (const [kind, openBrowser] of BROWSERS)
  test(`${kind} tries each way and names the one that is shut`, async () => {
    const peer = await openBrowser();
    try {
      await peer.init(listenToPlayed);
      await open(peer, 'BS. Lan');
      await climbs(peer, { udp: 'open', tcp: 'open', 'turn-udp': 'open', 'turn-tcp': 'open', 'turn-tls': 'blocked' }, /Đường truyền: tốt \(UDP\).*Mbit\/s/s);
      assert.match(await peer.text('keeper-text'), new RegExp(`TCP ${ownAddress()}:\\d+`));
      await peer.page.keyboard.press('Escape');
      await peer.click('speaker-test');
      await until('two notes, or where there is no sound card, as Firefox finds it, words about that', () => peer.evaluate(() => (globalThis.notes?.includes(523) && globalThis.notes.includes(659)) || document.body.innerText.includes('chưa phát được tiếng')));
      assert.deepEqual(peer.errors, []);
    } finally {
      await peer.close();
    }
  });

test('a network without UDP is told, with words for its keeper, and the call is joined over TCP', async () => {
  const peer = await openChromium({ args: ['--force-webrtc-ip-handling-policy=disable_non_proxied_udp', '--webrtc-ip-handling-policy=disable_non_proxied_udp'] });
  try {
    await open(peer, 'BS. Páo');
    await climbs(peer, { udp: 'blocked', tcp: 'open' }, /TCP/);
    assert.match(await peer.text('keeper-text'), new RegExp(`không đi ra được: UDP ${ownAddress()}:\\d+`));
    await peer.page.keyboard.press('Escape');
    await peer.click('prejoin-join');
    await until('picture and sound over TCP', () => peer.evaluate(() => document.querySelector('[data-testid="call"]')?.dataset.media === 'connected'));
  } finally {
    await peer.close();
  }
});

for (const [kind, openBrowser] of BROWSERS) test(`refused devices are explained for ${kind}, and the call can be joined without them`, async () => {
  const peer = await openBrowser({ permissions: 'denied' });
  try {
    await open(peer, 'ĐD. Mai');
    await peer.see('device-problem');
    assert.match(await peer.text('device-problem'), new RegExp(`${HOW[kind].source}.*vẫn có thể tham gia`, 's'));
    assert.ok(await peer.page.$('.picture'), 'a picture shows where to press');
    for (const language of kind === 'Chromium' ? ['vi', 'en'] : []) {
      await readable(peer.page, language);
      await peer.page.click('.prejoin__language');
    }
    await peer.click('prejoin-join');
    await peer.see('call');
    await until('the call without devices', () => peer.evaluate(() => document.querySelector('[data-testid="call"]').dataset.phase === 'in'));
  } finally {
    await peer.close();
  }
});

for (const [kind, openBrowser] of BROWSERS)
  test(`${kind} offers right behind the join: a page that waited for its answer lost a round trip`, async () => {
    const peer = await openBrowser();
    try {
      await peer.init(deafUntilOffered);
      await open(peer, 'BS. Dín');
      await peer.click('prejoin-join');
      await until('the call to be connected', () => peer.evaluate(() => document.querySelector('[data-testid="call"]')?.dataset.media === 'connected'));
      assert.deepEqual(await peer.evaluate(() => globalThis.said.filter((type) => type === 'join' || type === 'offer')), ['join', 'offer']);
    } finally {
      await peer.close();
    }
  });

test('what the line carries is measured again when the page has all its parts: 100 kbit/s were told as 12', async (t) => {
  const peer = await openChromium();
  t.after(() => peer.close());
  let release, transfers = 0;
  const held = new Promise((resolve) => (release = resolve));
  await peer.page.route(/call_page-.*\.js/, (route) => held.then(() => route.continue()));
  peer.page.on('request', (request) => (transfers += /join\/line\/bytes/.test(request.url())));
  await open(peer, 'BS. Sơn');
  await until('a first figure', () => peer.evaluate(() => document.querySelector('.line__rates')?.textContent.length > 0));
  const early = transfers;
  assert.equal(await measured(peer), false);
  release();
  await until('the figure that holds', () => measured(peer));
  assert.ok(transfers > early, `${transfers} transfers, ${early} of them while the page loaded`);
});

test('the page needs no scrolling on a laptop, and is one column on a phone', async () => {
  const peer = await openChromium();
  try {
    await open(peer, 'BS. Lan');
    await until('all there is to show', () => measured(peer));
    const size = () => peer.evaluate(() => ({ down: document.documentElement.scrollHeight - innerHeight, across: document.documentElement.scrollWidth - innerWidth }));
    assert.deepEqual(await size(), { down: 0, across: 0 });
    await peer.page.setViewportSize({ width: 360, height: 740 });
    assert.equal((await size()).across, 0);
    await peer.init(() => delete globalThis.RTCPeerConnection); // as where it is switched off, or in a view inside another application
    await peer.page.reload();
    await peer.says('WebRTC');
    assert.equal(await peer.has('prejoin-join'), false, 'nobody is sent into a call that cannot be');
    await readable(peer.page, 'a browser that cannot');
  } finally {
    await peer.close();
  }
});
