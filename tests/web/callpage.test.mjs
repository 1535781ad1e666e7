// The call page in rough hours: a device pulled, a browser killed; and that every state of it can be read by everybody
// (axe, WCAG 2.2 AA, both languages).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { book, joinCall, openChromium, signIn, startServer, ticket, tiles, until } from './harness.mjs';
import { arrived, readable } from './readable.mjs';

let server, api, consultation, lan, pao, thi;

/** Keeps every track the page opens, to pull the device from under it. */
function keepTracks() {
  globalThis.opened = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    globalThis.opened.push(...stream.getTracks());
    return stream;
  };
}

before(async () => {
  server = await startServer();
  api = await signIn(server);
  consultation = await book(api);
  lan = await openChromium({ colour: 'red', tone: 440 });
  pao = await openChromium({ colour: 'blue', tone: 660 });
  thi = await openChromium({ colour: 'green', tone: 550 });
  await lan.page.addInitScript(keepTracks);
  await joinCall(lan, server, await ticket(api, consultation.id, 'BS. Lan', 'specialist'));
  await joinCall(pao, server, await ticket(api, consultation.id, 'BS. Páo', 'host'));
  await joinCall(thi, server, await ticket(api, consultation.id, 'BS. Thi', 'doctor'));
  await until('all to see one another', async () => (await Promise.all([lan, pao].map(moving))).every((count) => count === 2));
});

after(async () => {
  for (const peer of [lan, pao, thi]) await peer?.close();
  await server?.stop();
});

const moving = async (peer) => (await tiles(peer)).filter((tile) => tile.moves).length;
const moves = async (peer) => (await moving(peer)) > 0;
const more = async (word) => {
  await lan.page.click('.bar .menu:nth-last-of-type(1) > button');
  await lan.page.click(`.menu__panel button:has-text("${word}")`);
};

/** Everything in the menu can be reached: it leaves the window on no side, and scrolls where it is long. */
async function menuFits() {
  await lan.page.click('.bar .menu:nth-last-of-type(1) > button');
  const inside = () => lan.page.locator('.menu__panel').evaluate((panel) => {
    const { left, top, right, bottom } = panel.getBoundingClientRect();
    return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight && panel.scrollWidth <= panel.clientWidth;
  });
  await until('the menu inside the window', inside);
  await lan.page.keyboard.press('Escape');
}

// First, since its stay takes a minute and more to end: what comes between is looked at beside it.
test('the tile of a killed browser says so', async () => {
  const killer = await thi.browser.newBrowserCDPSession();
  killer.send('Browser.crash').catch(() => {});
  await until('the tile to say so or go', async () => {
    const states = await lan.evaluate(() => [...document.querySelectorAll('[data-testid="remote-tile"]')].map((tile) => tile.dataset.state));
    return states.length === 1 || states.includes('away');
  });
});

test('a camera that is pulled gives way to another, which is said and seen', async () => {
  await lan.evaluate(() => {
    for (const track of globalThis.opened.filter((one) => one.readyState === 'live')) {
      track.stop();
      track.dispatchEvent(new Event('ended')); // as the browser does when the cable goes
    }
  });
  await until('words about it', async () => /đã bị rút. Đang dùng/.test(await lan.evaluate(() => document.querySelector('.toasts').textContent)));
  await until('the other to see it move again', () => moves(pao));
  await until('one camera and one microphone', () => lan.evaluate(() => globalThis.opened.filter((track) => track.readyState === 'live').length === 2));
});

test('a drawer that closes gives the focus back to what opened it', async () => {
  const chat = pao.page.locator('.bar button[title*="(C)"]');
  await chat.focus();
  await pao.page.keyboard.press('Enter');
  await until('the focus in the drawer', () => pao.evaluate(() => document.activeElement?.closest('.drawer') !== null));
  await pao.page.keyboard.press('Escape');
  await pao.page.locator('.drawer').waitFor({ state: 'detached' });
  await until('the focus back', () => chat.evaluate((button) => button === document.activeElement));
});

test('a sign that is opened beside a drawer covered the drawer\'s title', async () => {
  await pao.page.keyboard.press('p');
  await pao.page.locator('.drawer').waitFor();
  await pao.page.click(`${pao.at('line')} summary`);
  await pao.page.locator(`${pao.at('line')} .sign__detail`).waitFor();
  await arrived(pao.page);
  const drawer = await pao.page.locator('.drawer').boundingBox();
  const detail = await pao.page.locator(`${pao.at('line')} .sign__detail`).boundingBox();
  assert.ok(detail.x >= 0 && detail.x + detail.width <= drawer.x, `from ${detail.x} to ${detail.x + detail.width}, the drawer at ${drawer.x}`);
  await pao.page.click(`${pao.at('line')} summary`);
  await pao.page.keyboard.press('p');
  await pao.page.locator('.drawer').waitFor({ state: 'detached' });
});

test('each state of the page can be read by everybody, in both languages', async () => {
  for (const language of ['vi', 'en']) {
    await lan.evaluate((chosen) => localStorage.setItem('hoichan.language', chosen), language);
    await lan.page.reload();
    await until('the call again', () => moves(lan));
    for (const layout of ['grid', 'speaker', 'exam']) {
      await lan.page.click('.menu.bar__wide > button');
      await readable(lan.page, `${language} layouts`);
      await lan.click(`layout-${layout}`);
      await readable(lan.page, `${language} ${layout}`);
    }
    for (const key of ['p', 'c']) {
      await lan.page.keyboard.press(key);
      await lan.page.waitForSelector('.drawer');
      await readable(lan.page, `${language} drawer ${key}`);
      await lan.page.keyboard.press('Escape');
    }
    await lan.page.keyboard.press('?');
    await readable(lan.page, `${language} shortcuts`);
    await lan.page.keyboard.press('Escape');
  }
  await lan.page.setViewportSize({ width: 390, height: 844 });
  await readable(lan.page, 'phone');
  assert.ok(await lan.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is cut off on a phone');
  await more('Devices');
  await readable(lan.page, 'devices on a phone');
  await lan.page.keyboard.press('Escape');
  await lan.page.setViewportSize({ width: 320, height: 640 });
  await menuFits();
  await lan.page.setViewportSize({ width: 640, height: 360 }); // 1280×720 at 200 %
  await menuFits();
  await readable(lan.page, '200 %');
  for (const control of ['mic', 'camera', 'leave'])
    assert.ok(await lan.page.isVisible(lan.at(control)), `${control} is there at 200 %`);
  await lan.page.setViewportSize({ width: 1280, height: 720 });
});

test('the tile of the killed browser goes away', () =>
  until('the tile to be gone', async () => (await tiles(lan)).length === 1, { timeout: 180000 })); // consent lapses after 30 s, the stay after that

test('no page ran into a fault', () => assert.deepEqual(lan.errors, []));
