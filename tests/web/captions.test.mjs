// Captions by a service of the operator's own: off unless allowed; it hears who agreed and nobody else, what it writes is
// seen at once, a word taken back silences it, and the host sends it away. A small program is the service, with real sound;
// the host has Firefox.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { book, joinCall, openChromium, openFirefox, ROOT, signIn, sleep, startServer, ticket, until } from './harness.mjs';
import { own } from './own.mjs';
import { readable } from './readable.mjs';

let server, api, consultation, lan, pao, service, said = '', exited;

before(async () => {
  server = await startServer({ config: '[captions]\nallow = 1\n' });
  api = await signIn(server);
  consultation = (await book(api)).id;
  lan = await openFirefox({ tone: 440 });
  pao = await openChromium({ colour: 'blue', tone: 660 });
  await pao.page.addInitScript(() => localStorage.setItem('hoichan.language', 'en'));
  await joinCall(lan, server, await ticket(api, consultation, 'BS. Lan', 'host'));
  await joinCall(pao, server, await ticket(api, consultation, 'BS. Páo', 'doctor'));
  for (const peer of [lan, pao]) await peer.see('remote-tile');
});
after(async () => {
  service?.kill();
  for (const peer of [lan, pao]) await peer?.close();
  await server?.stop();
});

const captions = (peer) => peer.evaluate(() => [...document.querySelectorAll('[data-testid="caption"]')].map((one) => one.textContent));

test('where the operator has not allowed it, no service gets a ticket', async () => {
  const plain = await startServer();
  try {
    const admin = await signIn(plain);
    await assert.rejects(ticket(admin, (await book(admin)).id, 'Phụ đề', 'captions'), { status: 409 });
  } finally {
    await plain.stop();
  }
});

test('everybody is told of the service and asked, before it hears a word', async () => {
  const words = await ticket(api, consultation, 'Phụ đề BV tỉnh', 'captions');
  service = own(spawn('/usr/bin/python3', [`${ROOT}/tests/web/captions_service.py`, server.port, consultation, words], { stdio: ['ignore', 'pipe', 'inherit'] }));
  exited = new Promise((done) => service.on('close', done)); // when all it said has come, too
  service.stdout.on('data', (data) => (said += data));
  for (const peer of [lan, pao]) {
    await peer.see('captions-on');
    await peer.see('captions-yes');
  }
  await readable(pao.page, 'the question in English');
  if (process.env.HOICHAN_PICTURES) await lan.screenshot(`${process.env.HOICHAN_PICTURES}/captions-asked.png`);
  await sleep(2500);
  for (const peer of [lan, pao]) assert.deepEqual(await captions(peer), []);
  assert.equal((await lan.page.$$(lan.at('remote-tile'))).length, 1, 'a service is no person on the stage');
});

test('who agreed is heard and written down for all, and who did not is not', async () => {
  await lan.click('captions-yes');
  await pao.click('captions-no');
  for (const peer of [lan, pao]) {
    await until('a caption of what is heard', async () => { // one may be of a moment that a busy machine filled in
      const lines = await captions(peer);
      return lines.some((line) => /^BS\. Lan: nghe thấy (43|44)\d Hz$/.test(line)) || Promise.reject(new Error(lines.join()));
    });
  }
  if (process.env.HOICHAN_PICTURES) await pao.screenshot(`${process.env.HOICHAN_PICTURES}/captions.png`);
  await readable(pao.page, 'captions');
  await sleep(1500);
  assert.ok((await captions(lan)).every((line) => line.startsWith('BS. Lan')), 'nobody is written down who said no');
  await pao.click('captions-toggle');
  await until('no captions where they are hidden', async () => (await captions(pao)).length === 0);
  await pao.click('captions-toggle');
  await pao.see('caption');
});

test('a word taken back silences the service at once, and what is in the ledger says so', async () => {
  await lan.click('consents-open');
  await lan.page.locator('[data-testid="consent"][data-purpose="captions"][data-voice="own"] [data-testid="consent-withdraw"]').click();
  await lan.page.keyboard.press('Escape');
  await pao.gone('caption');
  await sleep(2000);
  assert.deepEqual(await captions(pao), []);
  const words = (await api.get(`/consultations/${consultation}/consents`)).items.filter(({ purpose }) => purpose === 'captions').map(({ granted }) => granted);
  assert.deepEqual(words.sort(), [false, false, true]);
});

test('the host sends the service away', async () => {
  await lan.click('captions-stop');
  for (const peer of [lan, pao]) await peer.gone('captions-on');
  await exited;
  assert.equal(said.trim(), 'removed');
});

test('no page ran into a fault', () => assert.deepEqual([...lan.errors, ...pao.errors], []));
