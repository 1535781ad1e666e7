// Rough hours of the server and of the browser: a call goes on without anybody's click, and nobody is asked about devices
// twice. And the states in between can be read by everybody, in both languages, with motion or without.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { book, joinCall, openChromium, openFirefox, profileFolder, signIn, startServer, ticket, tiles, until } from './harness.mjs';
import { kill, written } from './killed.mjs';
import { readable } from './readable.mjs';

let server, api, consultation, lan, nga, fox;

before(async () => {
  server = await startServer();
  api = await signIn(server);
  consultation = (await book(api)).id;
  lan = await openChromium({ colour: 'red', tone: 440 });
  fox = await openFirefox({ tone: 880 });
  nga = await openChromium({ colour: 'blue', tone: 660 });
  await nga.page.addInitScript(() => localStorage.setItem('hoichan.language', 'en'));
  await nga.page.emulateMedia({ reducedMotion: 'reduce' });
  await joinCall(lan, server, await ticket(api, consultation, 'BS. Lan', 'host'));
  await joinCall(fox, server, await ticket(api, consultation, 'BS. Páo', 'specialist'));
  await joinCall(nga, server, await ticket(api, consultation, 'Dr Nga', 'specialist'));
  await until('all to see one another', async () => (await seen(lan)) === 2 && (await seen(fox)) === 2 && (await seen(nga)) === 2);
});

after(async () => {
  for (const peer of [lan, fox, nga]) await peer?.close();
  await server?.stop();
});

const seen = async (peer) => (await tiles(peer)).filter((tile) => tile.moves).length;
const phase = (peer) => peer.evaluate(() => document.querySelector('[data-testid="call"]')?.dataset.phase);
const everywhere = async (check) => (await Promise.all([lan, fox, nga].map(check))).every(Boolean);

const picture = async (peer, name) => process.env.HOICHAN_PICTURES && peer.screenshot(`${process.env.HOICHAN_PICTURES}/${name}.png`);

test('with less motion asked for, nothing on the page moves but the pictures', async () => {
  await nga.page.keyboard.press('?');
  const moving = await nga.evaluate(() =>
    [...document.querySelectorAll('*')].filter((one) => {
      const { animationName, animationDuration, transitionDuration } = getComputedStyle(one);
      const quick = (list) => list.split(', ').some((value) => parseFloat(value) > 0 && parseFloat(value) < 5);
      return (animationName !== 'none' && quick(animationDuration)) || quick(transitionDuration);
    }).map((one) => one.outerHTML.slice(0, 80)));
  assert.deepEqual(moving, []);
  await nga.page.keyboard.press('Escape');
});

/** While consent is asked, at a phone's width; that the server or this machine is slow may need a line more. */
async function signsStandInOneLine({ page, at }) {
  await page.setViewportSize({ width: 390, height: 844 });
  const tops = () => page.evaluate((signs) => signs.map((sign) => {
    const { top, bottom } = document.querySelector(sign).getBoundingClientRect();
    return Math.round((top + bottom) / 2);
  }), ['.topline .sign summary', at('consents-open'), `${at('line')} summary`]);
  await until('the signs to stand beside one another', async () => {
    await page.evaluate((slow) => document.querySelectorAll(slow).forEach((sign) => (sign.style.display = 'none')), `${at('server')}, ${at('machine')}`);
    return new Set(await tops()).size === 1;
  });
  await page.setViewportSize({ width: 1280, height: 720 });
}

test('who takes back a word is recorded no more, which everybody sees; with the last the recording stops', async () => {
  await lan.click('record');
  for (const peer of [nga, fox, lan]) await peer.see('consent-yes');
  await readable(lan.page, 'the question in Vietnamese');
  await readable(nga.page, 'the question in English');
  await picture(lan, 'consent');
  for (const peer of [lan, nga]) await signsStandInOneLine(peer);
  assert.equal(await lan.has('recording-sign'), false, 'nothing is recorded before all have agreed');
  for (const peer of [nga, fox, lan]) await peer.click('consent-yes');
  for (const peer of [lan, fox, nga]) await peer.see('recording-sign');
  await nga.click('recording-sign');
  await readable(nga.page, 'who agreed');
  const left = () => api.get(`/consultations/${consultation}/recordings`).then(({ items }) => items[0]);
  await nga.page.getByRole('button', { name: 'Withdraw' }).click();
  await Promise.all([lan, fox].map((peer) => until('who is not recorded any more', () => peer.evaluate(() => /Dr Nga đã rút lại đồng ý: hình và tiếng của Dr Nga không được ghi nữa/.test(document.body.textContent)))));
  await nga.page.getByText('Not recorded, because they withdrew: Dr Nga').waitFor();
  await lan.click('recording-sign');
  await lan.page.getByText('Không được ghi, vì đã rút lại đồng ý: Dr Nga').waitFor();
  await readable(lan.page, 'who is not recorded');
  await picture(lan, 'not-recorded');
  await lan.page.getByRole('button', { name: 'Rút lại đồng ý' }).click();
  assert.equal((await left()).state, 'recording', 'one is left who agrees');
  await fox.click('recording-sign');
  await fox.evaluate(() => document.querySelector('.sign__detail button').click());
  await until('the reason in words', () => lan.evaluate(() => /Mọi người đã rút lại đồng ý nên đã dừng ghi ngay/.test(document.body.textContent))); // they go when they have been read
  for (const peer of [lan, fox, nga]) await peer.gone('recording-sign');
  await until('the server to record no more', async () => (await left()).state !== 'recording');
});

for (const signal of ['SIGKILL', 'SIGTERM'])
  test(`the server goes by ${signal} and comes back: all are in again without a click`, async () => {
    server.child.kill(signal);
    await server.exited;
    await until('words about it everywhere', () => everywhere(async (peer) => (await phase(peer)) === 'reconnecting'));
    await readable(lan.page, `reconnecting in Vietnamese after ${signal}`);
    await readable(nga.page, `reconnecting in English after ${signal}`);
    if (signal === 'SIGKILL') {
      await until('pictures to go on while the server is away', async () => (await seen(lan)) > 0);
      await picture(lan, 'reconnecting');
    }
    await server.start();
    await until('all in again', () => everywhere(async (peer) => (await phase(peer)) === 'in'));
    await until('all to see one another again', () => everywhere(async (peer) => (await seen(peer)) === 2));
  });

for (const [kind, openBrowser] of [['Chromium', openChromium], ['Firefox', openFirefox]]) test(`a killed ${kind} that is opened again goes straight back into the call`, async () => {
  const profile = profileFolder();
  const link = `${server.origin}/join#${await ticket(api, consultation, `BS. Sơn, ${kind}`, 'doctor')}`;
  let peer;
  const open = async () => {
    peer = await openBrowser({ profile, colour: 'green', tone: 500 });
    await peer.open(link);
  };
  try {
    await open();
    await peer.click('prejoin-join');
    await until('the others to see the newcomer', async () => (await seen(lan)) === 3);
    await written(profile);
    await kill(profile);
    await until('their tile to say that they are away', () => lan.evaluate(() => [...document.querySelectorAll('[data-testid="remote-tile"]')].some((tile) => tile.dataset.state === 'away')));
    await open();
    await peer.see('call');
    assert.equal(await peer.has('prejoin-join'), false);
    await until('one tile for who came back, moving', async () => (await tiles(lan)).length === 3 && (await seen(lan)) === 3);
    await peer.click('leave');
    await peer.see('ended');
    await peer.page.reload();
    await peer.see('prejoin-join');
  } finally {
    await peer?.close();
  }
});

test('having left, and the end for all, can be read by everybody; who left comes back by one press', async () => {
  for (const [peer, language] of [[lan, 'Vietnamese'], [nga, 'English']]) {
    await peer.click('leave');
    await peer.see('ended');
    await readable(peer.page, `having left, in ${language}`);
    await picture(peer, `left-${language}`);
    await peer.page.focus(peer.at('rejoin'));
    await peer.page.keyboard.press('Enter');
    await until('to be back', async () => (await phase(peer)) === 'in');
    assert.equal(await peer.has('prejoin-join'), false);
  }
  await api.post(`/consultations/${consultation}/end`);
  for (const peer of [lan, fox, nga]) await peer.see('ended');
  await readable(lan.page, 'the end in Vietnamese');
  await readable(nga.page, 'the end in English');
  assert.equal(await lan.has('rejoin'), false);
});

test('no page ran into a fault', () => assert.deepEqual([...lan.errors, ...fox.errors, ...nga.errors], []));
