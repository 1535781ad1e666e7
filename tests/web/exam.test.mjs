// The exam bench: a seat with several cameras and a stethoscope, as the specialist far away uses them: asks for a source,
// gives one the bits, turns a camera that can turn, listens with both ears. Chromium's fake cameras have motors; the one
// numbered 1 gives depths (Y16), which no encoder takes. What Firefox does otherwise is done once more by a specialist with it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sent, watchConnections } from './connections.mjs';
import { allowTurning, anotherPage, book, ears, joinCall, openChromium, openFirefox, signIn, startServer, ticket, until } from './harness.mjs';
import { readable } from './readable.mjs';

const LEFT = [50, 200], RIGHT = [400, 800];
const FACE = 0, SKIN = 2;
let server, api, consultation, clinic, specialist;

/** Keeps the tracks that the page opens, to read where a camera stands. */
function keepTracks() {
  if (!navigator.mediaDevices) return; // not a page of ours yet
  globalThis.opened = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    globalThis.opened.push(...stream.getTracks());
    return stream;
  };
}

/** For Firefox, whose fake camera is one: the same under a second name. */
function secondCamera() {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const [list, open] = [devices.enumerateDevices.bind(devices), devices.getUserMedia.bind(devices)];
  devices.enumerateDevices = async () => [...(await list()), { kind: 'videoinput', deviceId: 'second', label: 'Camera khám', groupId: '', toJSON: () => ({}) }];
  devices.getUserMedia = (constraints) => open(constraints.video?.deviceId?.exact === 'second' ? { video: true } : constraints);
}

before(async () => {
  server = await startServer();
  api = await signIn(server);
  consultation = (await book(api)).id;
  clinic = await openChromium({ cameras: SKIN + 1, ears: [LEFT, RIGHT] });
  specialist = await openChromium({ colour: 'blue', tone: 660 });
  await clinic.init(keepTracks);
  await clinic.init(watchConnections);
  await allowTurning(clinic);
  await joinCall(clinic, server, await ticket(api, consultation, 'BS. Páo', 'doctor'));
  await joinCall(specialist, server, await ticket(api, consultation, 'BS. Lan', 'specialist'));
  for (const peer of [clinic, specialist]) await peer.see('remote-tile');
});
after(async () => {
  for (const peer of [clinic, specialist]) await peer?.close();
  await server?.stop();
});

const picture = async (peer, name) => process.env.HOICHAN_PICTURES && peer.screenshot(`${process.env.HOICHAN_PICTURES}/${name}.png`);
const source = (name) => `[data-testid="source"][data-source="${name}"]`;
/** Goes round the layouts until it is that for examining, whichever this browser was left in. */
const examLayout = (page) => until('the layout for examining', async () => {
  if (await page.$('.stage--exam')) return true;
  await page.keyboard.press('l');
  return false;
}, { every: 300 });
/** Somebody asks the other seat for a source. */
const ask = async (peer, kind) => {
  await peer.click('source-ask');
  await peer.choose('source-kind', kind);
};
/** Presses until it has been done: a seat takes but so many steps a second, and drops what is too much. */
const press = (what, key, done) => until(what, async () => {
  if (await done()) return true;
  await specialist.page.keyboard.press(key);
  return false;
}, { every: 500 });
const stands = (camera) =>
  clinic.evaluate((label) => {
    const { pan, tilt, zoom } = globalThis.opened.findLast((track) => track.label === label && track.readyState === 'live').getSettings();
    return { pan, tilt, zoom };
  }, `fake_device_${camera}`);

test('the specialist asks for a source; who sits there chooses the device, and all see it', async () => {
  await examLayout(specialist.page);
  await ask(specialist, 'dermatoscope');
  await readable(specialist.page, 'asking for a source');
  await specialist.click('source-ask-send');
  await clinic.see('source-asked');
  assert.equal(await specialist.page.locator(source('dermatoscope')).count(), 0, 'nothing is sent before a yes');
  await readable(clinic.page, 'asked for a source');
  await clinic.page.selectOption(`${clinic.at('source-asked')} select`, { label: `fake_device_${SKIN}` });
  await picture(clinic, 'source-asked');
  await clinic.page.focus(clinic.at('source-yes'));
  await clinic.page.keyboard.press('Enter');
  await specialist.page.waitForSelector(source('dermatoscope'));
  await until('the dermatoscope to move', () => specialist.evaluate(() => document.querySelector('[data-testid="source-tile"][data-source="dermatoscope"] video')?.videoWidth > 0));
});

test('a no is told to who asked', async () => {
  await ask(specialist, 'ultrasound');
  await specialist.click('source-ask-send');
  await clinic.click('source-no');
  await specialist.says('BS. Páo chưa gửi được Siêu âm');
});

/** The face gives way to what is examined. Gives what a seat sends of both in a second. */
async function examines(seat) {
  const face = await until('the face to give way', async () => {
    const now = await sent(seat, 0);
    return now.h?.active === false && now.h.bytes === 0 && now;
  });
  const examined = await until('what is examined in full', async () => {
    const now = await sent(seat, 1);
    return now.h?.bytes > 0 && now;
  });
  return { face, examined };
}

const looksUp = (seat) => until('the face in full again, and what was examined giving way', async () => {
  const [face, examined] = [await sent(seat, 0), await sent(seat, 1)];
  return face.h?.bytes > 0 && examined.h?.active === false && examined.h.bytes === 0;
});

const seesLarge = (peer, name) => until(`the large one at the specialist: ${name}`, () =>
  peer.evaluate((wanted) => document.querySelector(`.tile--main[data-source="${wanted}"] video`)?.videoHeight >= 360, name));

test('the source that is looked at gets the bits: the other camera\'s largest size is not sent', async (t) => {
  await specialist.page.focus(source('dermatoscope'));
  await specialist.page.keyboard.press('Enter');
  const { face, examined } = await examines(clinic);
  await until('the face to be sent smaller', async () => { // which size is by how large the specialist shows it
    const { l, m } = await sent(clinic, 0);
    return l.bytes + m.bytes > 0;
  });
  t.diagnostic(`a second: face ${JSON.stringify(face)}, dermatoscope ${JSON.stringify(examined)}`);
  await seesLarge(specialist, 'dermatoscope');
  await picture(specialist, 'exam');
  await readable(specialist.page, 'examining');
  await specialist.page.click(source('camera'));
  await looksUp(clinic);
  await specialist.page.click(source('dermatoscope'));
});

test('a camera turns by the pad and by the arrow keys', async () => {
  await specialist.see('pad');
  const began = await stands(SKIN);
  await specialist.click('pad-right');
  const right = await until('the camera to have turned', async () => {
    const now = await stands(SKIN);
    return now.pan > began.pan && now;
  });
  assert.equal(right.zoom, began.zoom, 'nothing else moved');
  await specialist.page.focus(specialist.at('pad-right'));
  await press('the camera to look up', 'ArrowUp', async () => (await stands(SKIN)).tilt > began.tilt);
  await press('the camera to come closer', '+', async () => (await stands(SKIN)).zoom > began.zoom);
  assert.equal((await stands(FACE)).pan, began.pan, 'the other camera stays');
  await readable(specialist.page, 'turning a camera');
});

test('a place is remembered with its camera, and no other camera goes there', async () => {
  const place = await stands(SKIN);
  await specialist.page.fill(specialist.at('pad-name'), 'Má trái');
  await specialist.click('pad-save');
  await specialist.see('pad-places');
  await specialist.click('pad-left');
  await until('the camera away from it', async () => (await stands(SKIN)).pan < place.pan);
  await until('the camera at the place', async () => {
    if (JSON.stringify(await stands(SKIN)) === JSON.stringify(place)) return true;
    await specialist.page.selectOption(specialist.at('pad-places'), 'Má trái');
    return false;
  }, { every: 500 });
  await picture(specialist, 'pad');
  const kept = await clinic.evaluate(() => Object.keys(JSON.parse(localStorage.getItem('hoichan.places'))));
  const id = await clinic.evaluate(async (label) => (await navigator.mediaDevices.enumerateDevices()).find((one) => one.label === label).deviceId, `fake_device_${SKIN}`);
  assert.deepEqual(kept, [id]);
  await specialist.page.click(source('camera'));
  await specialist.gone('pad-places');
  await specialist.see('pad');
  await specialist.page.click(source('dermatoscope'));
});

test('who has a hand on a camera keeps it from others until it is let go', async () => {
  const page = await anotherPage(specialist);
  try {
    await page.addInitScript(() => localStorage.setItem('hoichan.language', 'en'));
    await page.goto(`${server.origin}/join#${await ticket(api, consultation, 'BS. Sơn', 'specialist')}`);
    await page.click('[data-testid="prejoin-join"]');
    await page.waitForSelector('[data-testid="call"]');
    await examLayout(page);
    await page.click(source('dermatoscope'));
    await page.waitForSelector('[data-testid="pad"]');
    const turns = () => until('the pad in another hand', async () => { // it is let go when nobody has turned for some seconds
      if ((await page.getByText('BS. Lan is turning it').count()) && (await page.isDisabled('[data-testid="pad-left"]'))) return true;
      await specialist.click('pad-left');
      return false;
    }, { every: 1000 });
    await turns();
    await readable(page, 'the pad in another hand, in English');
    await until('the camera to be let go by hand', async () => { // before it lets go by itself
      await turns();
      return specialist.page.getByRole('button', { name: 'Thả camera' }).click({ timeout: 3000 }).then(() => true, () => false);
    });
    await page.waitForSelector('[data-testid="pad-left"]:enabled');
    const before = await stands(SKIN);
    await page.click('[data-testid="pad-right"]');
    await until('the other to turn it', async () => (await stands(SKIN)).pan > before.pan);
  } finally {
    await page.context().close();
  }
});

/** Each ear hears its own tones, as even as they were made, and nobody else comes in between. One look may fall into a moment that a busy machine filled in itself: it has to be right for once, all of it. */
const hearsWithBothEars = (peer) => until('each ear to hear its own tones and nobody else', async () => {
  const all = await ears(peer, [...LEFT, ...RIGHT]);
  const [[l, r] = [[], []], ...others] = all.filter((both) => Math.max(...both.flat()) > -60);
  const own = [...l.slice(0, 2), ...r.slice(2)], foreign = [...l.slice(2), ...r.slice(0, 2)];
  const even = own.length && Math.max(...own) - Math.min(...own) <= 3;
  if (!even || Math.max(...foreign) > Math.min(...own) - 20 || others.length) throw new Error(JSON.stringify(all));
  return [l, r];
});

test('a stethoscope is heard alone, unfiltered from 50 to 800 Hz, each ear its own', async (t) => {
  await ask(specialist, 'stethoscope');
  await specialist.click('source-ask-send');
  await clinic.click('source-yes');
  await readable(specialist.page, 'a stethoscope to listen to');
  await specialist.click('stethoscope-listen');
  const [left, right] = await hearsWithBothEars(specialist);
  t.diagnostic(`dB at ${[...LEFT, ...RIGHT]} Hz: left ${left}, right ${right}`);
  await picture(specialist, 'stethoscope');
  await readable(specialist.page, 'listening to the stethoscope');
  await specialist.click('stethoscope-stop');
  await until('the stethoscope to be silent', async () => !(await ears(specialist, LEFT)).some(([l, r]) => l[0] > r[0] + 20));
});

test('a specialist with Firefox asks, gives the bits to what they look at, there and back, listens with both ears, and is examined', async (t) => {
  consultation = (await book(api)).id;
  const firefox = await openFirefox({ tone: 660 });
  try {
    await firefox.init(secondCamera);
    await firefox.init(watchConnections);
    await joinCall(clinic, server, await ticket(api, consultation, 'BS. Páo', 'doctor'));
    await joinCall(firefox, server, await ticket(api, consultation, 'BS. Hoa', 'specialist'));
    await firefox.see('remote-tile');
    await examLayout(firefox.page);
    await ask(firefox, 'dermatoscope');
    await firefox.click('source-ask-send');
    await clinic.click('source-yes'); // the device it was the last time
    await firefox.page.waitForSelector(source('dermatoscope'));
    await firefox.page.click(source('dermatoscope'));
    await examines(clinic);
    await seesLarge(firefox, 'dermatoscope');
    const began = await stands(SKIN);
    await firefox.click('pad-right');
    await until('the camera to have turned', async () => (await stands(SKIN)).pan > began.pan);
    await firefox.page.click(source('camera'));
    await looksUp(clinic);
    await ask(firefox, 'stethoscope');
    await firefox.click('source-ask-send');
    await clinic.click('source-yes');
    await firefox.click('stethoscope-listen');
    const [left, right] = await hearsWithBothEars(firefox);
    t.diagnostic(`dB at ${[...LEFT, ...RIGHT]} Hz: left ${left}, right ${right}`);
    await firefox.click('stethoscope-stop');

    await joinCall(specialist, server, await ticket(api, consultation, 'BS. Lan', 'specialist')); // and now its own seat is examined
    await examLayout(specialist.page);
    await ask(specialist, 'exam');
    await specialist.page.selectOption('dialog select >> nth=0', { label: 'BS. Hoa' });
    await specialist.click('source-ask-send');
    await firefox.click('source-yes');
    await specialist.page.click(source('exam'));
    await examines(firefox);
    await seesLarge(specialist, 'exam');
    await specialist.page.locator(source('camera')).filter({ hasText: 'BS. Hoa' }).click();
    await looksUp(firefox);
    assert.deepEqual(firefox.errors, []);
  } finally {
    await firefox.close();
  }
});

test('a consult room names its devices once, and sends what a specialist asks for without a hand', async () => {
  const site = await api.post('/sites', { kind: 'clinic', name: 'TTYT Mù Cang Chải' });
  const room = await api.post('/rooms', { site_id: site.id, name: 'Phòng khám từ xa' });
  consultation = (await book(api, { room_id: room.id })).id;
  const kiosk = await anotherPage(clinic);
  try {
    await kiosk.goto(`${server.origin}/kiosk`);
    const code = await kiosk.locator('[data-testid="kiosk-code"]').getAttribute('data-code');
    await api.post('/kiosks', { code, room_id: room.id });
    await kiosk.locator('[data-testid="kiosk-check"]').click();
    await kiosk.click('[data-testid="kiosk-exam-devices"]');
    const skin = kiosk.locator('[data-testid="exam-device"]', { hasText: `fake_device_${SKIN}` });
    await skin.focus();
    for (const name of ['Camera khám', 'Máy soi da']) {
      await kiosk.keyboard.press('Enter');
      await skin.filter({ hasText: name }).waitFor();
    }
    await until('its picture', () => kiosk.evaluate(() => document.querySelector('.room-check__video')?.videoWidth > 0));
    await readable(kiosk, 'naming the devices');
    await picture({ screenshot: (path) => kiosk.screenshot({ path }) }, 'kiosk-devices');
    await kiosk.keyboard.press('Escape');
    await kiosk.keyboard.press('Escape');
    await kiosk.click('[data-testid="kiosk-join"]');
    await kiosk.waitForSelector('[data-testid="call"][data-phase="in"]');
    await joinCall(specialist, server, await ticket(api, consultation, 'BS. Lan', 'specialist'));
    await examLayout(specialist.page);
    await specialist.click('source-offer'); // the room says what it could send
    await specialist.page.waitForSelector(source('dermatoscope'));
    assert.equal(await kiosk.locator('[data-testid="source-asked"]').count(), 0, 'nobody in the room is asked');
    await specialist.page.click(source('dermatoscope'));
    await specialist.click('source-stop');
    await specialist.see('source-offer'); // it could be sent again
    await specialist.page.waitForSelector(source('dermatoscope'), { state: 'detached' }); // nor has anybody to switch it off
    await kiosk.click('[data-testid="people-open"]');
    await kiosk.locator('.drawer').getByText('BS. Lan', { exact: true }).waitFor();
    await readable(kiosk, 'who is in the room');
    await picture({ screenshot: (path) => kiosk.screenshot({ path }) }, 'kiosk-people');
    await kiosk.keyboard.press('Escape');
    await kiosk.locator('.drawer').waitFor({ state: 'detached' });
  } finally {
    await kiosk.context().close();
  }
});

test('no page ran into a fault', () => assert.deepEqual([...clinic.errors, ...specialist.errors], []));
