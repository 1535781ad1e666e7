// From the click on Join to the first remote picture: 30 joins of a real Chromium on loopback, as the second, the third and the
// ninth who comes, and where the time goes. Those who are there already are a Chromium and encoders of GStreamer.
//   HOICHAN_BUILD=build/release node tests/bench/join.mjs [second third ninth]
// A measurement: it never fails by a figure.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { book, joinCall, openChromium, ROOT, signIn, sleep, startServer, ticket, until } from '../web/harness.mjs';

const JOINS = Number(process.env.JOINS ?? 30);
const THERE = { second: 1, third: 2, ninth: 8 };
const wanted = process.argv.slice(2).length ? process.argv.slice(2) : Object.keys(THERE);

/** In the page: when what happened, by its own clock. */
function watchSteps() {
  const steps = (window.steps = {});
  const at = (name) => void ((name === 'click' || steps.click) && (steps[name] ??= performance.now())); // not of tests of the line before it
  addEventListener('click', (event) => event.target.closest('[data-testid="prejoin-join"]') && at('click'), true);
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...where) {
      super(...where);
      this.addEventListener('message', ({ data }) => at(`got ${JSON.parse(data).type}`));
    }
    send(text) {
      at(`sent ${JSON.parse(text).type}`);
      super.send(text);
    }
  };
  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...how) {
      super(...how);
      this.addEventListener('iceconnectionstatechange', () => this.iceConnectionState === 'connected' && at('ICE'));
      this.addEventListener('connectionstatechange', () => this.connectionState === 'connected' && at('connected'));
      this.addEventListener('track', ({ track }) => track.kind === 'video' && track.addEventListener('unmute', () => at('first packet')));
    }
  };
  const seen = new WeakSet();
  const look = () => {
    for (const video of document.querySelectorAll('[data-testid="remote-tile"] video')) {
      if (seen.has(video)) continue;
      seen.add(video);
      video.requestVideoFrameCallback(() => at('picture'));
    }
  };
  addEventListener('DOMContentLoaded', () => new MutationObserver(look).observe(document.body, { subtree: true, childList: true }));
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

/** As many encoders as are wanted; anew every few joins, because GStreamer's do not prove their consent and are given up after 30 s. */
async function encoders(server, api, consultation, old, count) {
  for (const one of old) await one.close();
  return Promise.all(Array.from({ length: count }, (_, n) => encoder(server, api, consultation, n + 1)));
}

async function oneJoin(peer, server, text) {
  await peer.open(`${server.origin}/join#${text}`);
  await peer.see('prejoin-join');
  await peer.page.hover(peer.at('prejoin-join')); // as a hand does, on its way to the click
  await sleep(400);
  await peer.click('prejoin-join');
  const steps = await until('the first picture', () => peer.evaluate(() => (window.steps.picture ? window.steps : null)), { timeout: 15000, every: 50 });
  await peer.click('leave');
  await sleep(200);
  await peer.open('about:blank');
  return Object.fromEntries(Object.entries(steps).map(([name, ms]) => [name, ms - steps.click]));
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
function report(name, joins) {
  const of = (step) => joins.map((steps) => steps[step]).filter((ms) => ms !== undefined).sort((a, b) => a - b);
  const steps = ['sent join', 'got joined', 'sent offer', 'got answer', 'ICE', 'connected', 'first packet', 'picture'];
  console.log(`as the ${name}: click to picture p50 ${at(of('picture'), 0.5).toFixed(0)}, p95 ${at(of('picture'), 0.95).toFixed(0)} ms of ${joins.length} joins; ` +
    `medians: ${steps.map((step) => `${step} ${at(of(step), 0.5)?.toFixed(0)}`).join(', ')}`);
  const slowest = joins.reduce((a, b) => (a.picture > b.picture ? a : b));
  console.log(`  the slowest: ${steps.map((step) => `${step} ${slowest[step]?.toFixed(0)}`).join(', ')}`);
}

/** The quantile of a histogram's buckets, as the bound it lies below. */
function below({ bounds, counts }, share) {
  const all = counts.reduce((a, b) => a + b, 0);
  let sum = 0;
  return bounds.find((_, i) => (sum += counts[i]) >= share * all) ?? Infinity;
}

const server = await startServer();
const api = await signIn(server);
const ENCODERS_FOR = 6;
let there = [];
const [first, peer] = [await openChromium({ colour: 'teal', size: '640x360' }), await openChromium({ colour: 'navy', size: '640x360' })];
try {
  await peer.init(watchSteps);
  const consultation = await book(api);
  await joinCall(first, server, await ticket(api, consultation.id, 'BS. Lan', 'host'));
  const mine = await ticket(api, consultation.id, 'BS. Sơn', 'specialist');
  for (const name of wanted) {
    await oneJoin(peer, server, mine); // caches of the browser fill once
    const joins = [];
    for (let i = 0; i < JOINS; i++) {
      if (i % ENCODERS_FOR === 0) {
        there = await encoders(server, api, consultation, there, THERE[name] - 1);
        await sleep(2000);
      }
      joins.push(await oneJoin(peer, server, mine));
    }
    report(name, joins);
  }
  const { histograms } = (await api.get('/status')).lines;
  const ms = (seconds) => (seconds * 1000).toFixed(0);
  for (const [what, key] of [['join → word of the store', 'admit_s'], ['offer → answer', 'answer_s']]) {
    const count = histograms[key].counts.reduce((a, b) => a + b, 0);
    console.log(`server, ${what}: mean ${(histograms[key].sum / count * 1000).toFixed(1)} ms, p95 below ${ms(below(histograms[key], 0.95))} ms of ${count}`);
  }
} finally {
  for (const one of [...there, peer, first]) await one.close();
  await server.stop();
}
