// From the click on Join to the first remote picture: 30 joins of a real Chromium on loopback, as the second, the third and the
// ninth who comes, and where the time goes. Those who are there already publish a film each, as from machines of their own; with
// `here` they are a Chromium and encoders on this machine, too.
//   HOICHAN_BUILD=build/release node tests/bench/join.mjs [here] [second third ninth]
// A measurement: it never fails by a figure.
import { book, FULL_FPS, openChromium, signIn, sleep, startServer, ticket, until } from '../web/harness.mjs';
import { browserAndEncoders, publishers } from './others.mjs';

const JOINS = Number(process.env.JOINS ?? 30);
const THERE = { second: 1, third: 2, ninth: 8 };
const RENEW_EVERY = 6; // joins
const others = process.argv.includes('here') ? browserAndEncoders : publishers;
const named = Object.keys(THERE).filter((name) => process.argv.includes(name));
const wanted = named.length ? named : Object.keys(THERE);

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
  let pictures = 0;
  const look = () => {
    for (const video of document.querySelectorAll('[data-testid="remote-tile"] video')) {
      if (seen.has(video)) continue;
      seen.add(video);
      video.requestVideoFrameCallback(() => {
        at('picture');
        at(`picture ${++pictures}`);
      });
    }
  };
  addEventListener('DOMContentLoaded', () => new MutationObserver(look).observe(document.body, { subtree: true, childList: true }));
}

async function oneJoin(peer, server, text, others) {
  await peer.open(`${server.origin}/join#${text}`);
  await peer.see('prejoin-join');
  await peer.page.hover(peer.at('prejoin-join')); // as a hand does, on its way to the click
  await sleep(400);
  await peer.click('prejoin-join');
  const steps = await until('all pictures', () => peer.evaluate((last) => (window.steps[last] ? window.steps : null), `picture ${others}`), { timeout: 15000, every: 50 });
  steps.all = steps[`picture ${others}`];
  await peer.click('leave');
  await sleep(200);
  await peer.open('about:blank');
  return Object.fromEntries(Object.entries(steps).map(([name, ms]) => [name, ms - steps.click]));
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
function report(name, joins) {
  const of = (step) => joins.map((steps) => steps[step]).filter((ms) => ms !== undefined).sort((a, b) => a - b);
  const steps = ['sent join', 'got joined', 'sent offer', 'got answer', 'ICE', 'connected', 'first packet', 'picture', 'all'];
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

async function joinsAs(name, peer, server, api) {
  const consultation = await book(api);
  const mine = await ticket(api, consultation.id, 'BS. Sơn', 'specialist');
  const there = await others(server, api, consultation, THERE[name]);
  const joins = [];
  try {
    for (let i = -1; i < JOINS; i++) {
      if (i < 0 || i % RENEW_EVERY === 0) {
        await there.renew();
        await sleep(2000);
      }
      const steps = await oneJoin(peer, server, mine, THERE[name]);
      if (i >= 0) joins.push(steps); // the browser's caches fill once
    }
  } finally {
    await there.close();
  }
  return joins;
}

async function reportServer(api) {
  const { histograms } = (await api.get('/status')).lines;
  const ms = (seconds) => (seconds * 1000).toFixed(0);
  for (const [what, key] of [['join → word of the store', 'admit_s'], ['offer → answer', 'answer_s']]) {
    const count = histograms[key].counts.reduce((a, b) => a + b, 0);
    console.log(`server, ${what}: mean ${((histograms[key].sum / count) * 1000).toFixed(1)} ms, p95 below ${ms(below(histograms[key], 0.95))} ms of ${count}`);
  }
}

const server = await startServer();
const api = await signIn(server);
const peer = await openChromium({ colour: 'navy', fps: FULL_FPS });
try {
  await peer.init(watchSteps);
  for (const name of wanted) report(name, await joinsAs(name, peer, server, api));
  await reportServer(api);
} finally {
  await peer.close();
  await server.stop();
}
