// A consult room calls in an emergency by its arrow keys: whoever is on call hears it at another consultation's page and declines,
// a colleague answers at the panel and is in, and the room and the colleague see each other. Every page on the way is looked at by axe.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deafUntilOffered } from './connections.mjs';
import { book, openChromium, PASSWORD, signIn, startServer, ticket, tiles, until } from './harness.mjs';
import { listen, rung } from './listen.mjs';
import { readable } from './readable.mjs';

const PHONE = '0236 1234 115';
let server, api, room, lan, mai;
const errors = [];

/** A doctor with an account, who has the panel open. */
async function atThePanel(username, name, source) {
  const made = await api.post('/users', { username, name, title: 'BSCKI', role: 'doctor' });
  const own = await signIn(server, username, made.one_time_password);
  await own.put('/session/password', { current: made.one_time_password, new: PASSWORD });
  const peer = await openChromium(source);
  errors.push(peer.errors);
  await peer.init(listen);
  await peer.open(`${server.origin}/admin`);
  await peer.page.fill(peer.at('login-user'), username);
  await peer.page.fill(peer.at('login-password'), PASSWORD);
  await peer.click('login-submit');
  await peer.see('nav-roster');
  return Object.assign(peer, { id: made.id });
}

before(async () => {
  server = await startServer({ config: `[kiosk]\nemergency_phone=${PHONE}\n` });
  api = await signIn(server);
  const site = await api.post('/sites', { kind: 'clinic', name: 'TTYT Mù Cang Chải' });
  const place = await api.post('/rooms', { site_id: site.id, name: 'Phòng cấp cứu' });
  lan = await atThePanel('lan', 'Nguyễn Thị Lan', { colour: 'green', tone: 550 });
  mai = await atThePanel('mai', 'Lò Thị Mai', { colour: 'blue', tone: 660 });
  for (const peer of [lan, mai]) await peer.page.context().grantPermissions(['camera', 'microphone']); // as in an earlier consultation
  await lan.open(`${server.origin}/join#${await ticket(api, (await book(api)).id, 'BSCKI Nguyễn Thị Lan', 'specialist')}`);
  await lan.see('prejoin-join');
  const hour = (from) => new Date(Date.now() + from * 3600e3).toISOString();
  await api.post('/shifts', { user_id: lan.id, specialty: 'Tim mạch', starts_at: hour(-1), ends_at: hour(1) });
  room = await openChromium({ colour: 'red', tone: 440 });
  errors.push(room.errors);
  await room.init(deafUntilOffered); // its offer goes right behind the join
  await room.open(`${server.origin}/kiosk`);
  await room.see('kiosk-code');
  await api.post('/kiosks', { code: await room.page.getAttribute(room.at('kiosk-code'), 'data-code'), room_id: place.id });
  await room.see('kiosk-idle');
});

after(async () => {
  for (const peer of [room, lan, mai]) await peer?.close();
  await server?.stop();
});

const focus = (peer, id) => until(`the focus on ${id}`, () => peer.evaluate((wanted) => document.activeElement?.getAttribute('data-testid') === wanted, id));
const press = (key) => room.page.keyboard.press(key);

test('the room calls by its keys, asked once more, and is in the call at once', async () => {
  await focus(room, 'kiosk-check'); // nothing is booked
  await readable(room.page, 'idle');
  await press('ArrowDown');
  await focus(room, 'kiosk-emergency');
  await press('Enter');
  await focus(room, 'emergency-yes');
  await readable(room.page, 'asked once more');
  await press('Escape');
  await room.gone('emergency-question');
  assert.deepEqual((await api.get('/consultations')).items.map(({ kind }) => kind), ['scheduled'], 'a slip calls nobody');
  await focus(room, 'kiosk-emergency');
  await press('Enter');
  await focus(room, 'emergency-yes');
  await press('Enter');
  await room.page.waitForSelector(`${room.at('call')}[data-phase="in"]`);
  assert.deepEqual(await room.evaluate(() => globalThis.said.slice(0, 2)), ['join', 'offer']);
  await focus(room, 'mic'); // and not on a sign at the top
  await room.page.waitForSelector(`${room.at('calling')}[data-state="ringing"]`);
  const words = await room.text('calling');
  for (const word of ['BSCKI Nguyễn Thị Lan', 'Tim mạch', PHONE]) assert.ok(words.includes(word), `the room reads ${word}: ${words}`);
});

test('it rings at who is on call, though they look at another consultation\'s page, and at nobody else', async () => {
  await lan.see('incoming');
  assert.equal(await mai.has('incoming'), false); // after half a minute it rings at all
  await lan.says('Gọi cấp cứu từ Phòng cấp cứu');
  await until('the ring to sound', async () => (await rung(lan)).includes('running'));
  await readable(lan.page, 'incoming');
  await readable(room.page, 'calling');
});

test('declined it rings at the next, who answers and is in without a question, and they see each other', async () => {
  await lan.click('incoming-decline');
  await lan.gone('incoming');
  await until('silence', async () => (await rung(lan)).every((state) => state === 'closed'));
  await mai.see('incoming');
  await room.says('không nhận được');
  await mai.click('incoming-answer');
  await mai.page.waitForSelector(`${mai.at('call')}[data-phase="in"]`);
  await room.gone('calling');
  for (const peer of [room, mai]) await until(`a moving picture in the page of ${peer === room ? 'the room' : 'the doctor'}`, async () => (await tiles(peer)).some(({ moves }) => moves), { timeout: 60_000 });
  assert.equal(await lan.has('incoming'), false);
  const { items } = await api.get('/consultations');
  const [called, ...more] = items.filter(({ kind }) => kind === 'emergency');
  assert.deepEqual([called.state, more], ['open', []]);
  assert.deepEqual(called.participants.map(({ name, role }) => [name, role]).sort(), [['BSCKI Lò Thị Mai', 'host'], ['BSCKI Nguyễn Thị Lan', 'specialist'], ['Phòng cấp cứu', 'kiosk']]);
});

test('the doctor enters the patient afterwards, in the panel', async () => {
  const { id } = (await api.get('/consultations')).items.find(({ kind }) => kind === 'emergency');
  await mai.open(`${server.origin}/admin/consultations/${id}`);
  await mai.click('name-patient');
  await mai.click('name-patient-submit');
  await mai.page.waitForSelector(`${mai.at('name-patient-value')}[aria-invalid="true"]`);
  await readable(mai.page, 'patient missing');
  await mai.page.fill(mai.at('name-patient-value'), '015061001234');
  await mai.page.fill(mai.at('name-patient-name'), 'Giàng A Páo');
  await mai.click('name-patient-submit');
  await mai.gone('name-patient');
  await mai.says('Giàng A Páo');
  assert.equal((await api.get(`/consultations/${id}`)).patient.name, 'Giàng A Páo');
});

test('the room calls again, and who answers at another consultation\'s page changes over without a question', async () => {
  const { id } = (await api.get('/consultations')).items.find(({ kind }) => kind === 'emergency');
  await api.post(`/consultations/${id}/end`);
  await room.click('kiosk-emergency');
  await room.click('emergency-yes');
  await lan.click('incoming-answer');
  await lan.page.waitForSelector(`${lan.at('call')}[data-phase="in"]`);
  await lan.gone('incoming');
  for (const peer of [room, lan]) await until('a moving picture', async () => (await tiles(peer)).some(({ moves }) => moves));
});

test('the room calls again when the doctor\'s page has only just gone, and it rings', async () => {
  await lan.open(`${server.origin}/admin`); // without a word: their stay goes on for a while
  await room.click('leave');
  await room.click('kiosk-emergency');
  await room.click('emergency-yes');
  await lan.see('incoming');
});

test('no page ran into a fault', () => assert.deepEqual(errors.flat(), []));
