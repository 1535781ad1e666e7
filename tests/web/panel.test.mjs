// An admin's first day, in the panel alone: the one-time password, places, people, a booking with its conflict, a kiosk
// that joins by one key, a doctor by link, the recording and the delivery at the end. Every page is looked at by axe.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { anotherPage, openChromium, startEmr, startServer, until } from './harness.mjs';
import { readable } from './readable.mjs';

const OWN = 'Một câu dài dễ nhớ 2026';
const at = (id) => `[data-testid="${id}"]`;
let emr, server, peer, admin, kiosk, doctor, consultation, ends;

before(async () => {
  emr = await startEmr();
  server = await startServer({ emr: emr.url, attended: true, config: '[kiosk]\nhelp_phone=1900 9095\n' });
  peer = await openChromium({ colour: 'red', tone: 440 });
  admin = peer.page;
  await admin.context().grantPermissions(['clipboard-read', 'clipboard-write']);
});

after(async () => {
  await peer?.close();
  emr?.stop();
  await server?.stop();
});

const fill = (page, id, text) => page.locator(at(id)).first().fill(text);
const click = (page, id) => page.locator(at(id)).first().click();
const see = (page, id) => page.locator(at(id)).first().waitFor();
const choose = (page, id, label) => page.locator(at(id)).first().selectOption({ label });
const go = (path) => admin.goto(server.origin + path);

test('the one-time password opens the panel once, for setting another', async () => {
  const printed = await until('the one-time password', () => server.firstPassword());
  await go('/admin');
  await fill(admin, 'login-user', 'admin');
  await fill(admin, 'login-password', 'không phải mật khẩu này');
  await click(admin, 'login-submit');
  await admin.getByRole('alert').waitFor();
  await readable(admin, 'refused sign-in');
  await fill(admin, 'login-password', printed);
  await click(admin, 'login-submit');
  await fill(admin, 'password-new', 'ngắn');
  await click(admin, 'password-submit');
  await admin.locator('[aria-invalid="true"]').first().waitFor();
  await readable(admin, 'new password');
  await fill(admin, 'password-new', OWN);
  await fill(admin, 'password-again', OWN);
  await click(admin, 'password-submit');
  await see(admin, 'book-open');
  await click(admin, 'sign-out');
  await fill(admin, 'login-user', 'admin');
  await fill(admin, 'login-password', OWN);
  await click(admin, 'login-submit');
  await see(admin, 'book-open');
  await readable(admin, 'empty day');
});

test('on a phone the page comes first and the places wait behind a button', async () => {
  await admin.setViewportSize({ width: 390, height: 844 });
  await admin.locator(at('nav-people')).waitFor({ state: 'hidden' });
  const title = await admin.locator('h1').first().boundingBox();
  assert.ok(title.y < 844 / 4, `the title stands at ${title.y}`);
  await click(admin, 'menu');
  await readable(admin, 'open menu');
  await admin.keyboard.press('Escape');
  await admin.locator(at('nav-people')).waitFor({ state: 'hidden' });
  await click(admin, 'menu');
  await click(admin, 'nav-people');
  await admin.locator(at('nav-people')).waitFor({ state: 'hidden' });
  assert.equal(await admin.locator('h1').first().isVisible(), true);
  await admin.setViewportSize({ width: 320, height: 640 });
  await admin.locator(`${at('users')} tbody tr`).first().waitFor();
  const pushed = await admin.evaluate(() => [...document.querySelectorAll('html, .table-frame')].filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.className));
  assert.deepEqual(pushed, [], 'nothing has to be pushed sideways');
  assert.equal(await admin.locator(`${at('users')} thead`).isVisible(), false, 'each row is a block of its own');
  await readable(admin, 'a list on a phone');
  await admin.setViewportSize({ width: 1280, height: 720 });
});

test('places, people and patients are entered', async () => {
  await click(admin, 'nav-places');
  await click(admin, 'add-site');
  await click(admin, 'site-submit');
  await admin.locator(`${at('site-name')}[aria-invalid="true"]`).waitFor();
  await fill(admin, 'site-name', 'TTYT Mù Cang Chải');
  await click(admin, 'site-submit');
  await see(admin, 'site');
  await click(admin, 'add-room');
  await fill(admin, 'room-name', 'Phòng khám từ xa');
  await click(admin, 'room-submit');
  await see(admin, 'room');
  await readable(admin, 'places');

  await click(admin, 'nav-people');
  await click(admin, 'add-user');
  await fill(admin, 'user-username', 'lan.nguyen');
  await fill(admin, 'user-name', 'Nguyễn Thị Lan');
  await fill(admin, 'user-title', 'BSCKII.');
  await click(admin, 'user-submit');
  const once = await admin.locator(at('one-time-password')).inputValue();
  assert.ok(once.length >= 8, `a one-time password is shown: ${once.length} characters`);
  await readable(admin, 'one-time password');
  await admin.keyboard.press('Escape');
  await admin.getByText('lan.nguyen').waitFor();

  await click(admin, 'nav-patients');
  await click(admin, 'add-patient');
  await fill(admin, 'patient-value', '015061001234');
  await fill(admin, 'patient-name', 'Giàng A Páo');
  await fill(admin, 'patient-birth', '02/03/1961');
  await click(admin, 'patient-submit');
  await admin.getByText('015061001234').waitFor();
  await readable(admin, 'patients');
});

test('who is on call is entered for a night, and the hours without anybody are told', async () => {
  await click(admin, 'nav-roster');
  await admin.locator(at('on-call-now')).getByText('Hiện không có ai trực.').waitFor();
  await click(admin, 'add-shift');
  await click(admin, 'shift-submit');
  await admin.locator(`${at('shift-person')}[aria-invalid="true"]`).waitFor();
  await choose(admin, 'shift-person', 'BSCKII. Nguyễn Thị Lan');
  await fill(admin, 'shift-specialty', 'Tim mạch');
  await fill(admin, 'shift-starts_at', '00:00');
  await fill(admin, 'shift-ends_at', '00:00');
  await click(admin, 'shift-submit');
  await admin.locator(`${at('shift-ends_at')}[aria-invalid="true"]`).waitFor();
  await readable(admin, 'shift refused');
  const tomorrow = wall(24 * 60).slice(0, 10).split('-').reverse().join('/');
  await fill(admin, 'shift-to-date', tomorrow);
  await click(admin, 'shift-submit');
  await admin.locator(at('on-call-now')).getByText('BSCKII. Nguyễn Thị Lan').waitFor();
  await admin.locator('.duty--today').getByText('00:00 – 24:00').waitFor();
  assert.equal(await admin.locator('.duty--today').getByText('Không có ai trực').count(), 0);
  assert.equal(await admin.locator(at('duties')).getByText('Không có ai trực').count(), 6);
  await readable(admin, 'roster');
});

async function openBooking(title) {
  await click(admin, 'nav-consultations');
  await click(admin, 'book-open');
  await fill(admin, 'book-title', title);
  await choose(admin, 'book-room', 'Phòng khám từ xa – TTYT Mù Cang Chải');
}

/** Wall-clock time in Việt Nam so many minutes from now, as the form takes it. */
function wall(minutes) {
  return new Date(Date.now() + minutes * 60_000 + 7 * 3_600_000).toISOString().slice(0, 16);
}

test('a consultation is booked with words for what is wrong and a free time for what is taken', async () => {
  await openBooking('Hội chẩn tim mạch');
  await fill(admin, 'book-reason', 'Đau ngực khi gắng sức.');
  await fill(admin, 'book-start', wall(-120));
  await fill(admin, 'book-end', wall(-90).slice(11));
  await click(admin, 'book');
  await admin.locator(`${at('book-start')}[aria-invalid="true"]`).waitFor();
  await readable(admin, 'booking refused');
  ends = wall(46);
  await fill(admin, 'book-start', wall(1));
  await fill(admin, 'book-end', ends.slice(11));
  await admin.locator(at('book-patient-known')).check({ force: true });
  await fill(admin, 'book-patient-search', 'Páo');
  await admin.getByRole('button', { name: /Giàng A Páo/ }).click();
  await admin.locator(at('book-person-name')).nth(1).fill('Nguyễn Thị Lan');
  await click(admin, 'book');
  await admin.locator(`${at('consultation')}[data-state="booked"]`).waitFor();
  consultation = new URL(admin.url()).pathname.split('/').at(-1);
  await admin.getByText('Giàng A Páo').first().waitFor();
  await admin.getByText('Đau ngực khi gắng sức.').waitFor();

  await openBooking('Hội chẩn trùng giờ');
  await fill(admin, 'book-start', wall(10));
  await fill(admin, 'book-end', wall(40).slice(11));
  await see(admin, 'book-conflict');
  await readable(admin, 'booking with a conflict');
  await click(admin, 'book');
  await see(admin, 'book-conflict');
  await click(admin, 'book-next-free');
  await admin.locator(at('book-conflict')).waitFor({ state: 'detached' });
  await click(admin, 'book');
  await admin.getByRole('heading', { name: 'Hội chẩn trùng giờ' }).waitFor();
});

/** What of a block's text is inside the block, which hides the rest. */
const shown = (block) => block.evaluate((link) => {
  const end = link.getBoundingClientRect().bottom;
  const range = document.createRange();
  const texts = document.createTreeWalker(link, NodeFilter.SHOW_TEXT);
  let seen = '';
  while (texts.nextNode()) for (let i = 0; i < texts.currentNode.length; i++) {
    range.setStart(texts.currentNode, i);
    range.setEnd(texts.currentNode, i + 1);
    if (range.getBoundingClientRect().bottom <= end) seen += range.toString();
  }
  return seen;
});

test('half an hour in the day shows one letter: it tells when it begins and what it is, and all when it is looked at', async () => {
  await go(`/admin?day=${ends.slice(0, 10)}`); // the other begins then
  const block = admin.getByRole('link', { name: /^\d\d:\d\d Hội chẩn trùng giờ/ });
  await block.waitFor();
  assert.match(await shown(block), /^\d\d:\d\d Hội chẩn trùng/);
  await block.focus();
  assert.match(await shown(block), /Hội chẩn trùng giờ · đến \d\d:\d\d/);
  const name = admin.getByRole('heading', { name: 'Phòng khám từ xa' });
  const { y } = await name.boundingBox();
  assert.ok(await admin.locator(at('timeline')).evaluate((day) => (day.scrollTop += day.scrollTop ? -20 : 20, day.scrollHeight > day.clientHeight)), 'the hours scroll');
  assert.equal((await name.boundingBox()).y, y, "the rooms' names stand still");
  await block.blur();
  await readable(admin, 'a day');
});

test('the reason of a booking is changed', async () => {
  await go(`/admin/consultations/${consultation}`);
  await click(admin, 'reason-edit');
  assert.equal(await admin.locator(at('book-reason')).inputValue(), 'Đau ngực khi gắng sức.');
  await fill(admin, 'book-reason', 'a'.repeat(4001));
  await click(admin, 'reason-submit');
  await admin.locator(`${at('book-reason')}[aria-invalid="true"]`).waitFor();
  await readable(admin, 'a reason refused');
  await fill(admin, 'book-reason', 'Đau ngực cả khi nghỉ.\nXin ý kiến chuyển tuyến.');
  await click(admin, 'reason-submit');
  await admin.locator(at('reason-submit')).waitFor({ state: 'detached' });
  await admin.reload();
  await admin.getByText('Xin ý kiến chuyển tuyến.').waitFor();
  assert.equal(await admin.getByText('Đau ngực khi gắng sức.').count(), 0);
});

test('the list is searched and filtered by its address', async () => {
  await go('/admin/consultations?q=tim');
  await admin.getByRole('link', { name: /Hội chẩn tim mạch/ }).waitFor();
  assert.equal(await admin.getByRole('link', { name: /Hội chẩn trùng giờ/ }).count(), 0);
  await admin.keyboard.press('/');
  await admin.keyboard.press('Control+A');
  await admin.keyboard.type('không có buổi này');
  await admin.getByText('Không tìm thấy gì khớp').waitFor();
  assert.match(decodeURIComponent(admin.url()), /q=không/);
  await readable(admin, 'no match');
});

test('a kiosk is paired by its code and shows its room', async () => {
  kiosk = await anotherPage(peer);
  await kiosk.goto(`${server.origin}/kiosk`);
  await see(kiosk, 'kiosk-code');
  await readable(kiosk, 'pairing');
  const code = await kiosk.locator(at('kiosk-code')).getAttribute('data-code');
  await click(admin, 'nav-kiosks');
  await click(admin, 'pair');
  await fill(admin, 'pair-code', 'zzzzzz');
  await choose(admin, 'pair-room', 'Phòng khám từ xa – TTYT Mù Cang Chải');
  await click(admin, 'pair-submit');
  await admin.getByRole('alert').waitFor();
  await fill(admin, 'pair-code', code.toLowerCase());
  await click(admin, 'pair-submit');
  await admin.getByText('Đang kết nối').waitFor();
  await see(kiosk, 'kiosk-join');
  assert.match(await kiosk.locator(at('kiosk-idle')).textContent(), /Hội chẩn tim mạch/);
  await readable(kiosk, 'idle');
  await readable(admin, 'kiosks');
});

test('the kiosk is worked by arrows and joins by one key', async () => {
  const focus = () => kiosk.evaluate(() => document.activeElement?.getAttribute('data-testid'));
  await until('the focus on the join button', async () => (await focus()) === 'kiosk-join');
  await kiosk.keyboard.press('ArrowDown');
  assert.equal(await focus(), 'kiosk-check');
  await kiosk.keyboard.press('Enter');
  await see(kiosk, 'kiosk-check-page');
  await kiosk.locator('.room-check__video').waitFor();
  await readable(kiosk, 'room check');
  await kiosk.keyboard.press('Escape');
  await until('the focus on the join button again', async () => (await focus()) === 'kiosk-join');
  await kiosk.keyboard.press('Enter');
  await kiosk.locator(`${at('call')}[data-phase="in"]`).waitFor();
});

test('a doctor joins by the copied link, and the panel sees who is there', async () => {
  await go(`/admin/consultations/${consultation}`);
  const row = admin.locator(at('participant'), { hasText: 'Nguyễn Thị Lan' });
  await row.locator(at('copy-link')).click();
  const link = await until('a link in the clipboard', async () => {
    const text = await admin.evaluate(() => navigator.clipboard.readText());
    return text.includes('/join#') && text;
  });
  await row.locator(at('show-qr')).click();
  assert.match(await admin.locator(at('ticket-url')).inputValue(), /\/join#/);
  await readable(admin, 'QR code');
  await admin.keyboard.press('Escape');
  doctor = await anotherPage(peer);
  await doctor.goto(link);
  await click(doctor, 'prejoin-join');
  await doctor.locator(`${at('call')}[data-phase="in"]`).waitFor();
  for (const page of [doctor, kiosk]) {
    await until('a moving far picture', () => page.evaluate(() => [...document.querySelectorAll('[data-testid="remote-tile"] video')].some((v) => v.videoWidth > 0 && !v.paused)));
  }
  await admin.locator(`${at('consultation')}[data-state="open"]`).waitFor();
});

/** The buttons that a notice lies over. */
const covered = (page) => page.evaluate(() => {
  const boxes = (of) => [...document.querySelectorAll(of)].map((one) => [one.textContent, one.getBoundingClientRect()]);
  const notices = boxes('.toast');
  return boxes('.idle button').filter(([, a]) => notices.some(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).map(([text]) => text);
});

test('consent is given on the kiosk by keys, and what was recorded is filed and played', async () => {
  await click(doctor, 'record');
  await click(doctor, 'consent-yes');
  await see(kiosk, 'consent-yes');
  const foot = await kiosk.locator(at('consent-yes')).evaluate((button) => button.getBoundingClientRect().bottom);
  assert.ok(foot <= kiosk.viewportSize().height, `the answer stands on the screen, without scrolling: ${foot}`);
  await readable(kiosk, 'the question at the kiosk');
  await until('the focus on yes', async () => {
    const focus = await kiosk.evaluate(() => document.activeElement?.getAttribute('data-testid'));
    if (focus === 'consent-yes') return true;
    await kiosk.keyboard.press(focus === 'consent-no' ? 'ArrowRight' : 'ArrowDown');
    return false;
  });
  await kiosk.keyboard.press('Enter');
  await see(doctor, 'recording-sign');
  await see(kiosk, 'recording-sign');
  await readable(kiosk, 'the kiosk in a call');
  await admin.locator(`${at('recording')}[data-state="recording"]`).waitFor();
  await admin.locator(at('consents')).getByText('Đồng ý').first().waitFor();
  await readable(admin, 'an open consultation');
  await click(admin, 'nav-today');
  await admin.locator('.live').getByText('2 người trong phòng').waitFor();
  await admin.goBack();
  await click(admin, 'end');
  await click(admin, 'confirm');
  await see(kiosk, 'kiosk-idle');
  await kiosk.locator('.toast').first().waitFor();
  assert.deepEqual(await covered(kiosk), [], 'that it is over was told over the emergency button');
  await see(doctor, 'ended');
  await admin.locator(`${at('recording')}[data-state="ready"]`).waitFor({ timeout: 300000 });
  await until('the recording to play', () => admin.locator(at('player')).evaluate(async (video) => {
    await video.play();
    return video.videoWidth > 0 && video.currentTime > 0;
  }));
  await go('/admin/deliveries');
  await admin.locator(at('deliveries')).getByText('Đã gửi').first().waitFor();
  await readable(admin, 'deliveries');
  assert.ok((await emr.search('Encounter')).length > 0, 'the EMR has the encounter');
});

test('every other page opens, in both languages, with nothing for axe to say', async () => {
  await click(admin, 'language');
  await admin.getByRole('link', { name: 'System status' }).waitFor();
  for (const path of ['', '/consultations', `/consultations/${consultation}`, '/recordings', '/deliveries', '/patients', '/people', '/places', '/kiosks', '/roster', '/status', '/audit', '/webhooks', '/tokens', '/nowhere']) {
    await go(`/admin${path}`);
    await admin.locator('h1, h2').first().waitFor();
    await until(`${path} to have loaded`, async () => (await admin.locator('.spinner').count()) === 0);
    await readable(admin, path);
    assert.equal(await admin.locator('.state--error').count(), 0, `${path} shows an error`);
  }
  assert.deepEqual(peer.errors, []);
  await go('/admin/kiosks');
});

test('the language chosen at the door holds within, and for the account', async () => {
  const page = await anotherPage(peer);
  await page.goto(`${server.origin}/admin`);
  await fill(page, 'login-user', 'admin');
  await fill(page, 'login-password', OWN);
  await click(page, 'gate-language'); // every machine begins in Vietnamese; the account is English since the page above
  await click(page, 'gate-language');
  await click(page, 'login-submit');
  await page.getByRole('link', { name: 'Tình trạng hệ thống' }).waitFor();
  await go('/admin/kiosks');
  await admin.getByRole('link', { name: 'Tình trạng hệ thống' }).waitFor();
  await page.context().close();
});

test('a kiosk without a server says what it does and what to do, and comes back by itself', async () => {
  server.child.kill('SIGTERM');
  await server.exited;
  await kiosk.locator(`${at('kiosk-trouble')}[data-code="K1"]`).waitFor();
  assert.match(await kiosk.locator(at('kiosk-trouble')).textContent(), /1900 9095/);
  await readable(kiosk, 'trouble');
  await see(admin, 'unreachable');
  await server.start();
  await see(kiosk, 'kiosk-idle');
});

test('an unpaired kiosk goes back to its code by itself', async () => {
  await go('/admin/kiosks');
  await click(admin, 'unpair');
  await click(admin, 'confirm');
  await see(kiosk, 'kiosk-code');
  await see(kiosk, 'unpaired');
});
