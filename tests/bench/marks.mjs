// How soon a mark on a still is seen by the other: from the pointer's event in one page to the frame on the other's screen.
//   HOICHAN_BUILD=build/release node tests/bench/marks.mjs [firefox|chromium] [still]
// Both pages are on one machine and share its clock. Whoever looks is Chromium, whose compositor tells in its trace when a frame was
// on the screen: to film the window, as was done once, took as long as all that is measured. What lies in between is
// told step by step; `still` switches both cameras off, which tells what of it is the work of the pictures on these cores. It never fails by a figure.
import { book, FULL_FPS, joinCall, openChromium, openFirefox, signIn, sleep, startServer, ticket, until } from '../web/harness.mjs';
import { onPage } from '../web/film.mjs';

const MARKS = 40;
const draws = process.argv[2] === 'chromium' ? openChromium : openFirefox;

/** For `init`: when a pointer was pressed, by the event's own time and when the page had it; when a mark's first point left, came, and stood in the document. */
function watch() {
  const now = () => performance.timeOrigin + performance.now();
  const times = (globalThis.times = { pressed: [], had: [], left: [], came: [], drawn: [] });
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
  new MutationObserver((changes) => {
    for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes]))
      if (node.dataset?.testid === 'mark') {
        times.drawn.push(now());
        performance.mark('drawn');
      }
  }).observe(document, { childList: true, subtree: true });
}

/** How long after each mark stood in the document the first frame with it was on the screen, in ms. */
function untilOnScreen(trace) {
  const events = JSON.parse(trace).traceEvents.sort((a, b) => a.ts - b.ts);
  const drawn = events.filter(({ name, cat }) => name === 'drawn' && cat.includes('user_timing'));
  const open = new Map(); // the frames on their way, by their track of the trace
  const frames = [];
  for (const { name, ph, cat, pid, ts, id2, args } of events) {
    if (pid !== drawn[0]?.pid || !/^[be]$/.test(ph) || !cat.includes('cc')) continue;
    const frame = open.get(id2?.local);
    if (name === 'PipelineReporter' && ph === 'b') open.set(id2.local, { state: args.frame_reporter?.state });
    else if (name === 'PipelineReporter' && frame) {
      open.delete(id2.local);
      if (frame.state === 'STATE_PRESENTED_ALL') frames.push({ ...frame, seen: ts });
    } else if (name === 'SendBeginMainFrameToCommit' && ph === 'e' && frame) frame.committed = ts;
  }
  return drawn.map(({ ts }) => (Math.min(...frames.filter(({ committed }) => committed >= ts).map(({ seen }) => seen)) - ts) / 1000);
}

const server = await startServer();
const peers = [];
try {
  const api = await signIn(server);
  const consultation = (await book(api)).id;
  const sees = await openChromium({ colour: 'green', size: '1280x720', fps: FULL_FPS });
  peers.push(sees);
  const draw = await draws({ tone: 700, fps: FULL_FPS });
  peers.push(draw);
  for (const [peer, name, role] of [[sees, 'BS. Hà', 'doctor'], [draw, 'BS. Sơn', 'specialist']]) {
    await peer.init(watch);
    await joinCall(peer, server, await ticket(api, consultation, name, role));
  }
  await until('the far picture', () => draw.evaluate(() => document.querySelector('[data-testid="remote-tile"] video')?.videoWidth > 0), { timeout: 60000 });
  await draw.page.keyboard.press('s');
  await sees.click('photograph-yes');
  for (const peer of peers) await until('the still', () => peer.evaluate(() => document.querySelector('[data-testid="still-picture"]')?.getAttribute('data-full') === 'true'), { timeout: 60000 });
  if (process.argv[3] === 'still') for (const peer of peers) await peer.click('camera');
  await draw.click('tool-pen');
  await sleep(3000);
  for (const peer of peers) await peer.evaluate(() => Object.values(globalThis.times).forEach((list) => list.splice(0)));
  const places = Array.from({ length: MARKS }, (_, i) => [150 + (i % 10) * 80, 150 + Math.floor(i / 10) * 90]);
  const from = await Promise.all(places.map(([x, y]) => onPage(draw, x, y)));
  const asked = [];
  await sees.browser.startTracing(sees.page, { categories: ['cc', 'benchmark', 'blink.user_timing'] });
  for (const [x, y] of from) {
    await draw.page.mouse.move(x, y);
    asked.push(Date.now());
    await draw.page.mouse.down();
    await draw.page.mouse.move(x + 10, y + 6, { steps: 3 });
    await draw.page.mouse.up();
    await sleep(250);
  }
  await until('all marks', () => sees.evaluate((all) => document.querySelectorAll('[data-testid="mark"]').length === all, MARKS), { timeout: 60000 });
  await sleep(1000); // what was drawn last is shown
  const shownAfter = untilOnScreen(String(await sees.browser.stopTracing()));
  const { pressed, had, left } = await draw.evaluate(() => globalThis.times);
  const { came, drawn } = await sees.evaluate(() => globalThis.times);
  if ([pressed, left, came, drawn, shownAfter.filter(Number.isFinite)].some((list) => list.length !== MARKS)) throw new Error(`not every mark was followed: ${[pressed, left, came, drawn, shownAfter.filter(Number.isFinite)].map((list) => list.length)}`);
  const seen = drawn.map((at, i) => at + shownAfter[i]);
  const tell = (what, one, other) => {
    const took = one.map((at, i) => Math.round(other[i] - at)).sort((a, b) => a - b);
    console.log(`${what}: median ${took[MARKS / 2]} ms, p95 ${took[Math.floor(MARKS * 0.95)]} ms, most ${took.at(-1)} ms`);
  };
  console.log(`drawn in ${draw.kind}, seen in ${sees.kind}, ${MARKS} marks`);
  tell('the driver, before the page', asked, pressed);
  tell('pointer event → the page has it', pressed, had);
  tell('→ the message leaves', had, left);
  tell('→ it comes to the other page', left, came);
  tell('→ it stands in the document', came, drawn);
  tell('→ it is on the screen', drawn, seen);
  tell('pointer event → on the screen', pressed, seen);
} finally {
  for (const peer of peers) await peer.close();
  await server.stop();
}
