// Whom the panel is for: an admin and a doctor read it in its frame, in both languages, on a desk and on a phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { book, openChromium, PASSWORD, signIn, startServer, until } from './harness.mjs';
import { readable } from './readable.mjs';

let server, peer, consultation;

before(async () => {
  server = await startServer();
  const api = await signIn(server);
  const made = await api.post('/users', { username: 'lan', name: 'Nguyễn Thị Lan Hương', title: 'BSCKII', role: 'doctor' });
  const own = await signIn(server, 'lan', made.one_time_password);
  await own.put('/session/password', { current: made.one_time_password, new: PASSWORD });
  consultation = await book(api, { title: 'Hội chẩn tim mạch: đau ngực khi gắng sức', participants: [{ name: 'BSCKII Nguyễn Thị Lan Hương', role: 'observer', user_id: made.id }] });
  peer = await openChromium();
});

after(async () => {
  await peer?.close();
  await server?.stop();
});

async function enter(username) {
  await peer.page.setViewportSize({ width: 1280, height: 720 });
  await peer.open(`${server.origin}/admin`);
  assert.equal(/Quản trị|Administration/.test(await peer.page.title()), false, 'nobody is known at the door');
  await peer.page.fill(peer.at('login-user'), username);
  await peer.page.fill(peer.at('login-password'), PASSWORD);
  await peer.click('login-submit');
  await peer.see('brand');
}
const reads = (words) => until(words, async () => (await peer.text('brand')).includes(words));
async function readsInBoth(vi, en) {
  await reads(vi);
  await peer.click('language');
  await reads(en);
  await peer.click('language');
}

test('an admin reads that it is the administration', async () => {
  await enter('admin');
  await readsInBoth('Quản trị', 'Administration');
  await peer.click('sign-out');
});

test('a doctor read "administration": now what there is for them, and only that', async () => {
  await enter('lan');
  await readsInBoth('Lịch hội chẩn, lịch trực', 'Consultations, on-call');
  for (const word of ['Quản trị', 'Administration']) assert.equal(await peer.page.getByText(word).count(), 0, word);
});

test('their pages are whole on a phone', async () => {
  await peer.page.setViewportSize({ width: 390, height: 844 });
  for (const path of ['', '/consultations', `/consultations/${consultation.id}`, '/roster']) {
    await peer.open(`${server.origin}/admin${path}`);
    await peer.page.locator('h1').first().waitFor();
    await until('all of it', async () => (await peer.page.locator('.spinner').count()) === 0);
    assert.equal(await peer.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${path} has to be pushed sideways`);
    await readable(peer.page, path);
  }
  await peer.click('menu');
  await readable(peer.page, 'the menu');
});

test('no page ran into a fault', () => assert.deepEqual(peer.errors, []));
