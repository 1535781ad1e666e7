// What the call page itself costs: a call of four at 640×360, one page watched by Chromium's own counters for 20 s.
//   HOICHAN_BUILD=build/release node tests/bench/callpage.mjs
// Prints the share of one core that the page's main thread takes: its script, style and layout, and all tasks together
// (decoding and drawing of the pictures run elsewhere). A measurement: it never fails by a figure.
import { book, joinCall, openChromium, signIn, sleep, startServer, ticket, tiles, until } from '../web/harness.mjs';

const WATCHED_S = 20;
const server = await startServer({ config: process.env.HOICHAN_WEB ? `[server]\nweb_root=${process.env.HOICHAN_WEB}\n` : '' });
const api = await signIn(server);
const consultation = await book(api);
const peers = [];
try {
  for (const [name, colour] of [['BS. Lan', 'teal'], ['BS. Páo', 'brown'], ['ĐD. Mai', 'navy'], ['BS. An', 'olive']]) {
    const peer = await openChromium({ colour, size: '640x360' });
    peers.push(peer);
    await joinCall(peer, server, await ticket(api, consultation.id, name, 'doctor'));
  }
  const [watched] = peers;
  await until('three pictures', async () => (await tiles(watched)).filter((tile) => tile.moves).length === 3, { timeout: 40000 });
  await sleep(5000);
  const cdp = await watched.page.context().newCDPSession(watched.page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
  for (const [what, prepare] of [['grid', () => {}], ['people drawer', () => watched.page.keyboard.press('p')], ['devices drawer, level moving', openDevices]]) {
    await prepare(watched);
    await sleep(1000);
    const before = await read();
    await sleep(WATCHED_S * 1000);
    const after = await read();
    const share = (name) => `${(((after[name] - before[name]) / WATCHED_S) * 100).toFixed(1)} %`;
    console.log(`${what}: script ${share('ScriptDuration')}, style ${share('RecalcStyleDuration')}, layout ${share('LayoutDuration')}, all tasks ${share('TaskDuration')} of a core`);
  }
} finally {
  for (const peer of peers) await peer.close();
  await server.stop();
}

async function openDevices(peer) {
  await peer.page.keyboard.press('Escape');
  await peer.page.click('.bar .menu:nth-last-of-type(1) > button');
  await peer.page.click('.menu__panel button:has-text("Thiết bị")');
}
