// What the call page itself costs: a call of four at 640×360, one page watched for 20 s.
//   HOICHAN_BUILD=build/release node tests/bench/callpage.mjs [firefox]
// Prints the share of one core that the page's main thread takes: by Chromium's own counters its script, style and layout, and all
// tasks together (decoding and drawing of the pictures run elsewhere). Firefox tells no such parts: of it, what the system counts for
// the first thread of the page's process, all tasks. A measurement: it never fails by a figure.
import { readFileSync } from 'node:fs';
import { book, FULL_FPS, joinCall, openChromium, openFirefox, signIn, sleep, startServer, ticket, tiles, until } from '../web/harness.mjs';
import { mainThreadS, processesOf } from '../web/processes.mjs';

const WATCHED_S = 20;
const server = await startServer({ config: process.env.HOICHAN_WEB ? `[server]\nweb_root=${process.env.HOICHAN_WEB}\n` : '' });
const api = await signIn(server);
const consultation = await book(api);
const peers = [];
try {
  for (const [name, colour] of [['BS. Lan', 'teal'], ['BS. Páo', 'brown'], ['ĐD. Mai', 'navy'], ['BS. An', 'olive']]) {
    const peer = process.argv[2] === 'firefox' && peers.length === 0 ? await openFirefox({ fps: FULL_FPS }) : await openChromium({ colour, fps: FULL_FPS });
    peers.push(peer);
    await joinCall(peer, server, await ticket(api, consultation.id, name, 'doctor'));
  }
  const [watched] = peers;
  await until('three pictures', async () => (await tiles(watched)).filter((tile) => tile.moves).length === 3, { timeout: 40000 });
  await sleep(5000);
  const read = await (watched.kind === 'firefox' ? thread(watched) : counters(watched));
  for (const [what, prepare] of [['grid', () => {}], ['people drawer', () => watched.page.keyboard.press('p')], ['devices drawer, level moving', openDevices]]) {
    await prepare(watched);
    await sleep(1000);
    const before = await read();
    await sleep(WATCHED_S * 1000);
    const after = await read();
    console.log(`${what}: ${Object.keys(after).map((name) => `${name} ${(((after[name] - before[name]) / WATCHED_S) * 100).toFixed(1)} %`).join(', ')} of a core`);
  }
} finally {
  for (const peer of peers) await peer.close();
  await server.stop();
}

/** Seconds of each part so far. */
async function counters({ page }) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    const of = (wanted) => metrics.find(({ name }) => name === wanted).value;
    return { script: of('ScriptDuration'), style: of('RecalcStyleDuration'), layout: of('LayoutDuration'), 'all tasks': of('TaskDuration') };
  };
}

/** The page's process is the busiest of those with pages. */
async function thread(peer) {
  const pages = (await processesOf(peer)).filter((pid) => /Isolated Web Co|Web Content/.test(readFileSync(`/proc/${pid}/comm`, 'utf8')));
  const busiest = pages.sort((a, b) => mainThreadS(b) - mainThreadS(a))[0];
  return async () => ({ 'all tasks': mainThreadS(busiest) });
}

async function openDevices(peer) {
  await peer.page.keyboard.press('Escape');
  await peer.page.click('.bar .menu:nth-last-of-type(1) > button');
  await peer.evaluate(() => [...document.querySelectorAll('.menu__panel button')].find(({ textContent }) => textContent.includes('Thiết bị')).click());
}
