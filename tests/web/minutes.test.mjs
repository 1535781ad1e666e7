// The minutes: written by two in the call, kept while the line is down, signed by one at the end of the call and by the other in the
// panel, filed in the record.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { anotherPage, book, openChromium, signIn, startEmr, startServer, until } from './harness.mjs';
import { readable } from './readable.mjs';

const at = (id) => `[data-testid="${id}"]`;
const OWN = 'Một câu dài dễ nhớ 2026';
const errors = [];
let emr, server, api, peer, lan, mai, panel, consultation, account;

before(async () => {
  emr = await startEmr();
  server = await startServer({ emr: emr.url });
  api = await signIn(server);
  account = await api.post('/users', { username: 'mai', name: 'BS. Mai', role: 'doctor' });
  consultation = await book(api, {
    reason: 'Nam 64 tuổi, đau ngực 3 ngày.\nCó cần chuyển viện không?',
    patient: { identifier: { system: 'urn:oid:2.16.840.1.113883.2.74.1', value: '015203001234' }, name: 'Giàng A Pao' },
    participants: [{ name: 'BS. Lan', role: 'specialist' }, { name: 'BS. Mai', role: 'doctor', user_id: account.id }],
  });
  peer = await openChromium({ colour: 'red', tone: 440 });
  [lan, mai] = [await join('BS. Lan'), await join('BS. Mai')];
});

after(async () => {
  await peer?.close();
  emr?.stop();
  await server?.stop();
});

async function another() {
  const page = await anotherPage(peer);
  page.on('pageerror', (error) => errors.push(String(error)));
  return page;
}

async function join(name) {
  const person = consultation.participants.find((one) => one.name === name);
  const { ticket } = await api.post(`/consultations/${consultation.id}/tickets`, { participant_id: person.id });
  const page = await another();
  await page.goto(`${server.origin}/join#${ticket}`);
  await page.click(at('prejoin-join'));
  await page.locator(`${at('call')}[data-phase="in"]`).waitFor();
  return page;
}

async function openMinutes(page) {
  await page.locator('.topline').click();
  await page.keyboard.press('g');
  await page.click('[data-paper="minutes"]');
  await page.locator(at('minutes')).waitFor();
}

const saved = (page) => page.locator(`${at('minutes-status')}[data-saved="true"]`).waitFor();
const field = (page, id) => page.locator(at(id)).first();
const reads = (page, id, text) => until(`${text} in ${id}`, async () => (await field(page, id).inputValue()) === text);

test('they are written in the call, beside the pictures, and each sees what the other writes', async () => {
  await openMinutes(mai);
  await openMinutes(lan);
  await reads(mai, 'minutes-summary', 'Nam 64 tuổi, đau ngực 3 ngày.');
  await reads(mai, 'minutes-question', 'Có cần chuyển viện không?');
  await field(mai, 'minutes-answer').fill('Có, trong ngày.');
  await saved(mai);
  await reads(lan, 'minutes-answer', 'Có, trong ngày.');
  await until('both among the people', async () => (await lan.locator(`${at('minutes-people')} li`).count()) === 2);
  await readable(lan, 'minutes in the call');
  if (process.env.HOICHAN_PICTURES) await lan.screenshot({ path: `${process.env.HOICHAN_PICTURES}/minutes-call.png` });
});

test('what is typed without a line is kept, and what both have written is put side by side', async () => {
  await lan.route('**/minutes', (route) => route.abort());
  await field(lan, 'minutes-conclusion').fill('Chuyển viện.');
  await until('it says that the line is down', async () => /Mất kết nối/.test(await lan.locator(at('minutes-status')).textContent()));
  await field(mai, 'minutes-conclusion').fill('Theo dõi tại chỗ.');
  await saved(mai);
  await lan.unroute('**/minutes');
  await lan.locator(at('minutes-theirs')).waitFor();
  assert.match(await lan.locator(at('minutes-theirs')).textContent(), /Theo dõi tại chỗ\./);
  assert.equal(await field(lan, 'minutes-conclusion').inputValue(), 'Chuyển viện.');
  await readable(lan, 'conflict');
  await lan.click(at('minutes-mine'));
  await saved(lan);
  await reads(mai, 'minutes-conclusion', 'Chuyển viện.');
});

test('a browser that is killed while the line is down loses nothing that was typed', async () => {
  const context = mai.context();
  const address = await mai.evaluate(() => location.href);
  await mai.route('**/minutes', (route) => route.abort());
  await field(mai, 'minutes-discussion').fill('Men tim tăng gấp ba, ST chênh lên.');
  await until('it says that the line is down', async () => /Mất kết nối/.test(await mai.locator(at('minutes-status')).textContent()));
  await mai.close({ runBeforeUnload: false });
  mai = await context.newPage();
  mai.on('pageerror', (error) => errors.push(String(error)));
  await mai.goto(address); // not left: it goes on where it was
  await mai.locator(`${at('call')}[data-phase="in"]`).waitFor();
  await mai.click('[data-paper="minutes"]'); // the papers are beside the pictures as they were
  await reads(mai, 'minutes-discussion', 'Men tim tăng gấp ba, ST chênh lên.');
  await saved(mai);
  await reads(lan, 'minutes-discussion', 'Men tim tăng gấp ba, ST chênh lên.');
});

test('when it is over the chair signs on the page that is left, and the text is locked', async () => {
  await api.post(`/consultations/${consultation.id}/end`);
  await lan.locator(at('ended')).waitFor();
  await lan.click(at('minutes-sign'));
  await readable(lan, 'signing');
  await lan.click(at('minutes-sign-now'));
  await lan.locator(`${at('minutes')}[data-state="locked"]`).waitFor();
  assert.equal(await lan.locator(at('minutes-conclusion')).count(), 0);
  await readable(lan, 'after the call');
});

test('the secretary signs in the panel, and the record has them', async () => {
  panel = await another();
  await panel.goto(`${server.origin}/admin/consultations/${consultation.id}`);
  await panel.fill(at('login-user'), 'mai');
  await panel.fill(at('login-password'), account.one_time_password);
  await panel.click(at('login-submit'));
  await panel.fill(at('password-new'), OWN);
  await panel.fill(at('password-again'), OWN);
  await panel.click(at('password-submit'));
  await panel.locator(`${at('minutes')}[data-state="locked"]`).waitFor();
  assert.match(await panel.locator(at('minutes-text')).textContent(), /Có, trong ngày\..*Chuyển viện\./s);
  await panel.click(at('minutes-sign'));
  await panel.click(at('minutes-sign-now'));
  await panel.locator(`${at('minutes')}[data-state="signed"]`).waitFor();
  assert.equal(await panel.locator(at('minutes-signature')).count(), 2);
  await panel.locator(`${at('minutes-filing')}[data-state="delivered"]`).waitFor();
  const notes = (await emr.search('DocumentReference')).filter(({ type }) => type.coding[0].code === '11488-4');
  assert.equal(notes.length, 1);
  const coming = panel.waitForEvent('download');
  await panel.click(at('minutes-pdf'));
  assert.equal((await coming).suggestedFilename(), 'bien-ban-hoi-chan.pdf');
  await readable(panel, 'minutes in the panel');
  if (process.env.HOICHAN_PICTURES) await panel.screenshot({ path: `${process.env.HOICHAN_PICTURES}/minutes-panel.png`, fullPage: true });
});

test('the secretary corrects what was signed by an addendum, and the record has it beside the minutes', async () => {
  await panel.click(at('addendum-begin'));
  await panel.click(at('addendum-sign'));
  await readable(panel, 'an addendum that is not whole');
  assert.equal(await panel.locator('[aria-invalid="true"]').count(), 2);
  await panel.fill(at('addendum-reason'), 'Kết quả men tim lần hai về sau khi ký.');
  await panel.fill(at('addendum-text'), 'Men tim lần hai bình thường: theo dõi tại chỗ.');
  await panel.click(at('addendum-sign'));
  await panel.click(at('addendum-sign-now'));
  await panel.locator(at('addendum')).waitFor();
  assert.match(await panel.locator(at('addendum')).textContent(), /Đính chính.*theo dõi tại chỗ.*Kết quả men tim.*BS\. Mai.*thư ký/s);
  assert.match(await panel.locator(at('minutes-text')).textContent(), /Chuyển viện\./);
  assert.match(await panel.locator(at('minutes-status')).textContent(), /có 1 bổ sung/);
  await until('the record to have both', async () => {
    const notes = (await emr.search('DocumentReference')).filter(({ type }) => type.coding[0].code === '11488-4');
    return notes.length === 2 && notes.some(({ relatesTo }) => relatesTo?.[0].code === 'appends');
  });
  await panel.locator(`${at('minutes-filing')}[data-state="delivered"]`).waitFor();
  await readable(panel, 'an addendum in the panel');
  if (process.env.HOICHAN_PICTURES) await panel.screenshot({ path: `${process.env.HOICHAN_PICTURES}/minutes-addendum.png`, fullPage: true });
});

test('a doctor who has no account comes back by a new link', async () => {
  const person = consultation.participants.find(({ name }) => name === 'BS. Lan');
  const { ticket } = await api.post(`/consultations/${consultation.id}/tickets`, { participant_id: person.id });
  const later = await another();
  await later.goto(`${server.origin}/join#${ticket}`);
  await later.locator(`${at('minutes')}[data-state="signed"]`).waitFor();
  assert.match(await later.locator(at('addendum')).textContent(), /theo dõi tại chỗ/);
  await later.locator(at('addendum-begin')).waitFor();
  await readable(later, 'the minutes by a new link');
  if (process.env.HOICHAN_PICTURES) await later.screenshot({ path: `${process.env.HOICHAN_PICTURES}/minutes-later.png`, fullPage: true });
});

test('no page ran into a fault', () => assert.deepEqual(errors, []));
