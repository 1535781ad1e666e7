// A consult room is rung for whoever waits for it: a doctor in Firefox opens its consultation, and the machine in the room, by its keys
// alone, puts it off, is rung for the next who comes, answers, and is never rung into the call that goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { book, joinCall, openChromium, openFirefox, signIn, startServer, ticket, tiles, until } from './harness.mjs';
import { listen, rung } from './listen.mjs';
import { readable } from './readable.mjs';

const LAN = 'BSCKII Nguyễn Thị Lan Hương', MAI = 'BS. Lò Thị Mai';
let server, api, site, room, lan, mai, first, second;
const errors = [];

before(async () => {
  server = await startServer();
  api = await signIn(server);
  site = await api.post('/sites', { kind: 'clinic', name: 'TTYT Mù Cang Chải' });
  room = await machine('Phòng hội chẩn 1');
  const later = (hours) => new Date(Date.now() + hours * 3600e3).toISOString();
  first = await book(api, { room_id: room.place.id, title: 'Hội chẩn tim mạch: đau ngực khi gắng sức' });
  second = await book(api, { room_id: room.place.id, title: 'Hội chẩn nội tiết', starts_at: later(1), ends_at: later(2) });
  lan = await openFirefox();
  mai = await openChromium({ colour: 'blue', tone: 660 });
  errors.push(lan.errors, mai.errors);
});

after(async () => {
  for (const peer of [room, lan, mai]) await peer?.close();
  await server?.stop();
});

/** A consult room's machine, at its idle page without a hand ever on it. */
async function machine(name, args = []) {
  const place = await api.post('/rooms', { site_id: site.id, name });
  const peer = await openChromium({ colour: 'red', tone: 440, args });
  errors.push(peer.errors);
  await peer.init(listen);
  await peer.open(`${server.origin}/kiosk`);
  await peer.see('kiosk-code');
  await api.post('/kiosks', { code: await peer.page.getAttribute(peer.at('kiosk-code'), 'data-code'), room_id: place.id });
  await peer.see('kiosk-idle');
  return Object.assign(peer, { place });
}

const press = (key) => room.page.keyboard.press(key);
const focus = (id) => until(`the focus on ${id}`, () => room.evaluate((wanted) => document.activeElement?.getAttribute('data-testid') === wanted, id));
const picture = async (name) => process.env.HOICHAN_PICTURES && room.screenshot(`${process.env.HOICHAN_PICTURES}/${name}.png`);
/** Rings, aloud, and takes keys. */
async function rings(peer, ...words) {
  await peer.page.waitForSelector(`${peer.at('kiosk-ring')}[data-settled="true"]`);
  for (const word of words) await peer.says(word);
  await until('the ring to sound', async () => (await rung(peer)).includes('running'));
}
async function silent() {
  await room.gone('kiosk-ring');
  await until('silence', async () => (await rung(room)).every((state) => state === 'closed'));
}
/** The page is loaded anew, and is told who waits: there is no ring. */
async function reloaded() {
  await room.page.reload();
  await room.see('kiosk-idle');
  await room.says(`${LAN} đang chờ`);
  assert.equal(await room.has('kiosk-ring'), false);
}
async function comes(peer, name, consultation) {
  await peer.open('about:blank'); // from call to call only the hash would change
  await joinCall(peer, server, await ticket(api, consultation.id, name, 'specialist'));
}

test('a doctor waits, and the room rings: who and what for, in both languages, for eyes, ears and screen readers', async () => {
  await comes(lan, LAN, first);
  await rings(room, LAN, first.title);
  await focus('ring-answer');
  const told = await room.evaluate(() => {
    const dialog = document.activeElement.closest('[role="alertdialog"]');
    return [dialog.getAttribute('aria-labelledby'), dialog.getAttribute('aria-describedby')].map((id) => document.getElementById(id).textContent).join(' ');
  });
  for (const word of [LAN, first.title]) assert.ok(told.includes(word), `a screen reader says ${word}: ${told}`);
  await readable(room.page, 'the ring');
  await picture('ring-vi');
  await press('ArrowUp');
  await focus('language');
  await press('Enter');
  await room.says('Answer');
  await readable(room.page, 'the ring in English');
  await picture('ring-en');
  await press('Enter');
  await room.says('Nghe');
});

test('put off it is silent, and the idle page says who waits', async () => {
  for (const [key, id] of [['ArrowDown', 'ring-later'], ['ArrowLeft', 'ring-answer'], ['ArrowRight', 'ring-later']]) {
    await press(key);
    await focus(id);
  }
  await press('Enter');
  await silent();
  await room.says(`${LAN} đang chờ`);
  await readable(room.page, 'put off');
  await picture('ring-put-off-vi');
});

test('put off it rang again after a reload: now it stays put off, and still rings for who comes after', async () => {
  await reloaded();
  await comes(mai, MAI, first);
  await rings(room, 'và 1 bác sĩ nữa');
});

test('it ends when nobody waits any more', async () => {
  for (const peer of [lan, mai]) await peer.click('leave');
  await silent();
  await room.see('kiosk-idle');
});

test('answered by one key the room is in, and they see each other', async () => {
  await comes(lan, LAN, first);
  await rings(room, LAN);
  await press('Enter');
  await room.page.waitForSelector(`${room.at('call')}[data-phase="in"]`);
  await silent();
  for (const peer of [room, lan]) await until(`a moving picture in ${peer.kind}`, async () => (await tiles(peer)).some(({ moves }) => moves));
});

test('into a call that goes on it does not ring: a quiet word, without what the other is about', async () => {
  const sounded = (await rung(room)).length;
  await comes(mai, MAI, second);
  await room.says(`${MAI} đang chờ ở một buổi khác của phòng này.`);
  assert.equal(await room.has('kiosk-ring'), false);
  assert.equal(await room.evaluate((title) => document.body.innerText.includes(title), second.title), false);
  assert.equal((await rung(room)).length, sounded, 'nothing sounds');
  await readable(room.page, 'a word in the call');
  await picture('ring-in-call-vi');
});

test('when the room has left it rings for the other consultation, and not for who was left', async () => {
  await room.click('leave');
  await rings(room, MAI, second.title);
  await press('Escape');
  await silent();
  await room.says(`${LAN} đang chờ`); // the room knows
  assert.equal(await room.has('kiosk-ring'), false);
  await reloaded();
});

test('an emergency that somebody books for the room rings before anybody is in it', async () => {
  await book(api, { kind: 'emergency', room_id: room.place.id, title: 'Cấp cứu: chấn thương sọ não', starts_at: new Date(Date.now() + 2 * 3600e3).toISOString(), ends_at: new Date(Date.now() + 3 * 3600e3).toISOString() });
  const urgent = await machine('Phòng cấp cứu');
  try {
    const { id } = await book(api, { kind: 'emergency', room_id: urgent.place.id, title: 'Cấp cứu: chấn thương sọ não' });
    await rings(urgent, 'Hội chẩn cấp cứu', 'Cấp cứu: chấn thương sọ não');
    assert.equal(await room.has('kiosk-ring'), false, 'one for later does not ring');
    await readable(urgent.page, 'an emergency');
    if (process.env.HOICHAN_PICTURES) await urgent.screenshot(`${process.env.HOICHAN_PICTURES}/ring-emergency-vi.png`);
    await api.post(`/consultations/${id}/cancel`, { reason: 'nhầm' });
    await urgent.gone('kiosk-ring');
  } finally {
    await urgent.close();
  }
});

/** What a screen reader finds on a page. Asked of the browser: a script of ours would count as somebody's hand on the page, and let it sound. */
async function heard(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes.map(({ name }) => name?.value ?? '').join('\n');
}

test('a machine whose browser may not sound says so, until a key lets it', async () => {
  const mute = await machine('Phòng câm', ['--autoplay-policy=document-user-activation-required']);
  try {
    const page = await mute.page.context().newPage(); // started anew: no hand was ever on this one
    await mute.page.close();
    await page.goto(`${server.origin}/kiosk`);
    await comes(mai, MAI, await book(api, { room_id: mute.place.id }));
    await until('words about it', async () => (await heard(page)).includes('Máy chưa kêu được chuông'));
    if (process.env.HOICHAN_PICTURES) await page.screenshot({ path: `${process.env.HOICHAN_PICTURES}/ring-blocked-vi.png` });
    await readable(page, 'it cannot sound');
    await page.keyboard.press('ArrowRight');
    await until('it to sound', async () => !(await heard(page)).includes('Máy chưa kêu được chuông'));
    assert.ok((await heard(page)).includes(MAI), 'and to ring on');
  } finally {
    await mute.close();
  }
});

test('no page ran into a fault', () => assert.deepEqual(errors.flat(), []));
