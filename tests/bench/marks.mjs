// How soon a mark on a still is seen by the other: from the pointer's event in one page to the pixel in the other's window.
//   HOICHAN_BUILD=build/release node tests/bench/marks.mjs [firefox|chromium]
// Whoever looks is Chromium, whose compositor tells when a picture was on the screen; both pages are on one machine and share its
// clock. What lies in between is told step by step: the driver that moves the pointer stands before the first. It never fails by a figure.
import { book, joinCall, openChromium, openFirefox, signIn, sleep, startServer, ticket, until } from '../web/harness.mjs';
import { changes, filmed, onPage } from '../web/film.mjs';

const MARKS = 40;
const draws = process.argv[2] === 'chromium' ? openChromium : openFirefox;

/** For `init`: when a pointer was pressed, by the event's own time and when the page had it; when a mark's first point left, and came. */
function watch() {
  const now = () => performance.timeOrigin + performance.now();
  const times = (globalThis.times = { pressed: [], had: [], left: [], came: [] });
  const begun = new Set();
  const first = (list, text) => {
    const { type, mark } = JSON.parse(text);
    const id = mark?.id ?? mark;
    if (type !== 'mark' || begun.has(id)) return;
    begun.add(id);
    list.push(now());
  };
  addEventListener('pointerdown', (event) => {
    times.pressed.push(performance.timeOrigin + event.timeStamp);
    times.had.push(now());
  }, { capture: true });
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data }) => first(times.came, data));
    }
    send(text) {
      first(times.left, text);
      super.send(text);
    }
  };
}

const server = await startServer();
const peers = [];
try {
  const api = await signIn(server);
  const consultation = (await book(api)).id;
  const sees = await openChromium({ colour: 'green', size: '1280x720' });
  peers.push(sees);
  const draw = await draws({ tone: 700 });
  peers.push(draw);
  for (const [peer, name, role] of [[sees, 'BS. Hà', 'doctor'], [draw, 'BS. Sơn', 'specialist']]) {
    await peer.init(watch);
    await joinCall(peer, server, await ticket(api, consultation, name, role));
  }
  await until('the far picture', () => draw.evaluate(() => document.querySelector('[data-testid="remote-tile"] video')?.videoWidth > 0), { timeout: 60000 });
  await draw.page.keyboard.press('s');
  await sees.click('photograph-yes');
  for (const peer of peers) await until('the still', () => peer.evaluate(() => document.querySelector('[data-testid="still-picture"]')?.getAttribute('data-full') === 'true'), { timeout: 60000 });
  await draw.click('tool-pen');
  await sleep(3000);
  for (const peer of peers) await peer.evaluate(() => Object.values(globalThis.times).forEach((list) => list.splice(0)));
  const places = Array.from({ length: MARKS }, (_, i) => [150 + (i % 10) * 80, 150 + Math.floor(i / 10) * 90]);
  const seenAt = await Promise.all(places.map(([x, y]) => onPage(sees, x, y)));
  const from = await Promise.all(places.map(([x, y]) => onPage(draw, x, y)));
  const asked = [];
  const frames = await filmed(sees, async () => {
    for (const [x, y] of from) {
      await draw.page.mouse.move(x, y);
      asked.push(Date.now());
      await draw.page.mouse.down();
      await draw.page.mouse.move(x + 10, y + 6, { steps: 3 });
      await draw.page.mouse.up();
      await sleep(250);
    }
    await until('all marks', () => sees.evaluate((all) => document.querySelectorAll('[data-testid="mark"]').length === all, MARKS), { timeout: 60000 });
  });
  const { pressed, had, left } = await draw.evaluate(() => globalThis.times);
  const { came } = await sees.evaluate(() => globalThis.times);
  const pixel = await changes(sees, frames, seenAt);
  if ([pressed, left, came].some((list) => list.length !== MARKS) || !pixel.every(Boolean)) throw new Error(`not every mark was followed: ${[pressed, left, came, pixel.filter(Boolean)].map((list) => list.length)}`);
  const tell = (what, one, other) => {
    const took = one.map((at, i) => Math.round(other[i] - at)).sort((a, b) => a - b);
    console.log(`${what}: median ${took[MARKS / 2]} ms, p95 ${took[Math.floor(MARKS * 0.95)]} ms, most ${took.at(-1)} ms`);
  };
  console.log(`drawn in ${draw.kind}, seen in ${sees.kind}, ${MARKS} marks, ${frames.length} pictures`);
  tell('the driver, before the page', asked, pressed);
  tell('pointer event → the page has it', pressed, had);
  tell('→ the message leaves', had, left);
  tell('→ it comes to the other page', left, came);
  tell('→ the pixel is on its screen', came, pixel);
  tell('pointer event → pixel', pressed, pixel);
} finally {
  for (const peer of peers) await peer.close();
  await server.stop();
}
