// The consult room's screen when things go badly, at every size a screen there has: nothing lies over anything else, and nothing ends
// outside the screen. Above all the emergency button.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { book, joinCall, openChromium, signIn, startServer, ticket, tiles, until } from './harness.mjs';
import { narrowable } from './narrow.mjs';
import { readable } from './readable.mjs';

const SIZES = [[1280, 720], [1366, 768], [1024, 768], [1920, 1080], [1080, 1920]];
let server, api, room, doctor, consultation;

before(async () => {
  server = await startServer({ config: '[kiosk]\nemergency_phone=0236 1234 115\nhelp_phone=1900 9095\n' });
  api = await signIn(server);
  const site = await api.post('/sites', { kind: 'clinic', name: 'Trung tâm y tế huyện Mù Cang Chải, tỉnh Yên Bái' });
  const place = await api.post('/rooms', { site_id: site.id, name: 'Phòng hội chẩn từ xa số 2' });
  const participants = [{ name: 'BSCKII Nguyễn Thị Lan Hương', role: 'specialist' }, { name: 'ThS.BS. Lò Văn Mai', role: 'host' }];
  consultation = await book(api, { room_id: place.id, title: 'Hội chẩn tim mạch cho người bệnh suy tim độ III, tăng huyết áp và đái tháo đường', participants });
  for (const [from, to] of [[2, 3], [4, 5], [6, 7]]) {
    const at = (hours) => new Date(Date.now() + hours * 3600e3).toISOString();
    await book(api, { room_id: place.id, title: 'Hội chẩn da liễu', starts_at: at(from), ends_at: at(to) });
  }
  room = await openChromium({ colour: 'red', tone: 440 });
  await room.init(narrowable);
  await room.open(`${server.origin}/kiosk`);
  await room.see('kiosk-code');
  await api.post('/kiosks', { code: await room.page.getAttribute(room.at('kiosk-code'), 'data-code'), room_id: place.id });
  await room.see('kiosk-join');
  doctor = await openChromium({ busy: true, tone: 660 });
});

after(async () => {
  await room?.close();
  await doctor?.close();
  await server?.stop();
});

/** Which of these boxes lie over one another, or end outside the window, in words; what is not on the page is no box. */
const clashes = (names) => room.evaluate((selectors) => {
  const boxes = selectors.flatMap((selector) => [...document.querySelectorAll(selector)].map((element) => ({ element, selector, box: element.getBoundingClientRect() })))
    .filter(({ box }) => box.width > 0 && box.height > 0);
  const name = ({ element, selector }) => `${selector} "${element.textContent.trim().slice(0, 30)}"`;
  const slack = 1; // of a pixel, for what is rounded
  const outside = ({ box }) => box.left < -slack || box.top < -slack || box.right > innerWidth + slack || box.bottom > innerHeight + slack;
  const over = (a, b) => a.left < b.right - slack && b.left < a.right - slack && a.top < b.bottom - slack && b.top < a.bottom - slack;
  const found = boxes.filter(outside).map((one) => `${name(one)} ends outside: ${JSON.stringify(one.box)}`);
  boxes.forEach((one, i) => boxes.slice(i + 1).forEach((other) => {
    const nested = one.element.contains(other.element) || other.element.contains(one.element);
    if (!nested && over(one.box, other.box)) found.push(`${name(one)} lies over ${name(other)}`);
  }));
  return found;
}, names);

const picture = async (name) => process.env.HOICHAN_PICTURES && room.screenshot(`${process.env.HOICHAN_PICTURES}/${name}.png`);

/** At each size; what is wrong at all of them, by size; `more` finds more. */
async function atEverySize(name, selectors, more = () => []) {
  const wrong = [];
  for (const [width, height] of SIZES) {
    await room.page.setViewportSize({ width, height });
    await room.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await picture(`${name}-${width}x${height}`);
    wrong.push(...[...(await clashes(selectors)), ...(await more())].map((text) => `${width}x${height}: ${text}`));
  }
  await room.page.setViewportSize({ width: 1280, height: 720 });
  return wrong;
}

const IDLE = ['.top__room', '.top__site', '.top button', '.notice', '.clock__time', '.clock__date', '.clock__lunar', '.list', '.next', '.idle__buttons .big', '.health__sign'];

test('the idle page keeps its buttons apart at every size', async () => {
  assert.deepEqual(await atEverySize('idle', IDLE), []);
});

test('bad news above does not push the emergency button over the signs at the foot', async () => {
  server.child.kill('SIGSTOP'); // it answers nobody, and nobody is refused
  try {
    await until('the bad news', () => room.evaluate(() => document.querySelector('.notice--attention') !== null));
    assert.deepEqual(await atEverySize('bad-news', IDLE), []);
    assert.ok(await room.evaluate(() => document.querySelector('.notice--attention') !== null), 'it stood there all the while');
  } finally {
    server.child.kill('SIGCONT');
  }
  await until('good news', () => room.evaluate(() => document.querySelector('.notice--attention') === null));
});

const RING = ['.ring__kind', '.top button', '.ring__who', '.ring__place', '.ring__what', '.notice', '.ring .big', '.ring__stops'];

test('the ring has room for long names and a long title', async () => {
  await joinCall(doctor, server, await ticket(api, consultation.id, 'BSCKII Nguyễn Thị Lan Hương', 'specialist'));
  await room.see('kiosk-ring');
  assert.deepEqual(await atEverySize('ring', RING), []);
});

const CALL = ['.topline__title', '.topline .badge', '.topline button', '.banner', '.bar button'];

test('the note on the line stands below the banner, not over it', async () => {
  await room.page.click(`${room.at('kiosk-ring')}[data-settled="true"] ${room.at('ring-answer')}`);
  await until('the room to see the doctor move', async () => (await tiles(room)).some(({ moves }) => moves));
  await room.evaluate(() => window.narrow(100000));
  await room.see('line-note');
  assert.deepEqual(await clashes([...CALL, '.line-note']), []);
  server.child.kill('SIGKILL');
  await server.exited;
  await room.see('reconnecting');
  assert.ok(await room.has('line-note'), 'both are there');
  await readable(room.page, 'the note below the banner');
  assert.deepEqual(await atEverySize('note-below-banner', [...CALL, '.line-note']), []);
  await server.start();
  await room.gone('reconnecting');
});

/** What of the question can be read only by scrolling, and how much of the title there is to read. */
const question = () => room.evaluate(() => {
  const dialog = document.querySelector('.dialog--over');
  return { hidden: dialog.scrollHeight - dialog.clientHeight, title: document.querySelector('.topline__title').getBoundingClientRect().width };
});

test('the question of consent lay over the buttons, and took the title its room', async () => {
  await doctor.gone('reconnecting');
  await doctor.click('record');
  for (const language of ['en', 'vi']) {
    await room.evaluate((chosen) => localStorage.setItem('hoichan.language', chosen), language);
    await room.page.reload();
    await room.see('consent-yes');
    await until('who is in the room', async () => (await tiles(room)).length === 1);
    assert.deepEqual(await atEverySize(`consent-${language}`, [...CALL, '.dialog--over'], async () => {
      const { hidden, title } = await question();
      return [hidden > 0 && `${hidden} px of the question are hidden`, title < 200 && `the title has ${title} px`].filter(Boolean);
    }), []);
    await readable(room.page, `the question in ${language}`);
  }
  await room.click('consent-no');
  await room.page.waitForSelector('.toast');
  assert.deepEqual(await clashes([...CALL, '.toast']), []);
});

test('the card of an emergency call leaves signs, banner and buttons free', async () => {
  await room.click('leave');
  await room.click('kiosk-emergency');
  await room.click('emergency-yes');
  await room.page.waitForSelector(`${room.at('call')}[data-phase="in"]`);
  await room.see('calling');
  assert.deepEqual(await atEverySize('calling', [...CALL, '.calling', '.toast']), []);
  server.child.kill('SIGKILL');
  await server.exited;
  await room.see('reconnecting');
  assert.deepEqual(await atEverySize('calling-reconnecting', [...CALL, '.calling', '.toast']), []);
  await server.start();
  await room.gone('reconnecting');
});
