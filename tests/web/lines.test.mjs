// What people read of their lines: the viewer why pictures are held, once for all of them, the operator who suffers from what, and afterwards
// how each stay sounded.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, anotherPage, book, joinCall, openChromium, signIn, startServer, ticket, tiles, until } from './harness.mjs';
import { narrowable } from './narrow.mjs';
import { processesOf } from './processes.mjs';
import { readable } from './readable.mjs';

const at = (id) => `[data-testid="${id}"]`;
let server, api, clinic, doctor, panel, consultation;

before(async () => {
  server = await startServer();
  api = await signIn(server);
  consultation = await book(api, { title: 'Hội chẩn qua đường yếu' });
  clinic = await openChromium({ busy: true, tone: 440 });
  doctor = await openChromium({ colour: 'blue', tone: 660 });
  await doctor.page.addInitScript(narrowable);
  await joinCall(clinic, server, await ticket(api, consultation.id, 'BS. Lan', 'host'));
  await joinCall(doctor, server, await ticket(api, consultation.id, 'BS. Minh', 'specialist'));
  await until('the doctor to see the clinic move', async () => (await tiles(doctor)).some((tile) => tile.moves));
});

after(async () => {
  await clinic?.close();
  await doctor?.close();
  await server?.stop();
});

const words = (page, id) => page.locator(at(id)).first().innerText();
const reads = (what, locator, wanted) => until(what, async () => {
  const text = await locator.innerText();
  return wanted.test(text) || Promise.reject(new Error(text));
});

test('a viewer whose line is too narrow reads why, what was kept and what to do', async () => {
  await until('nothing to explain on a good line', async () => (await doctor.page.locator(at('why')).count()) === 0);
  await doctor.page.evaluate(() => window.narrow(100000));
  await until('words about the line', async () => /Đường xuống của bạn chỉ còn khoảng 100 kbit\/s.*Tiếng được giữ trước/s.test(await words(doctor.page, 'line-note')));
  assert.equal(await doctor.page.locator(at('why')).count(), 0, 'no tile is blamed for it');
  await doctor.page.locator(`${at('line')}:is([data-line="fair"], [data-line="poor"])`).waitFor();
  await readable(doctor.page, 'what is said of the line');
  await doctor.page.locator(`${at('line')} summary`).click();
  await reads('why', doctor.page.locator(at('line-why')), /Đường xuống của bạn chỉ còn khoảng 100 kbit\/s/);
  await reads('the pictures that suffer', doctor.page.locator(at('line')), /Hình đang bị ảnh hưởng\s+BS\. Lan/);
  await until('the figures to be measured', async () => /UDP[^]*\d+ ms/.test(await doctor.page.locator(at('line')).innerText()));
  await readable(doctor.page, 'the call page with its line open');
});

test('the operator reads who suffers from what, and it refreshes by itself', async () => {
  panel = await anotherPage(doctor, { viewport: { width: 1366, height: 768 } });
  await panel.goto(`${server.origin}/admin`);
  await panel.locator(at('login-user')).fill('admin');
  await panel.locator(at('login-password')).fill(PASSWORD);
  await panel.locator(at('login-submit')).click();
  await panel.getByText('Hội chẩn qua đường yếu').first().waitFor();
  await until("today's card to say how the lines are", async () => /Đường truyền (tạm|yếu)/.test(await panel.locator('.live').first().innerText()));
  await panel.locator('.live').first().click();
  const table = panel.locator(at('lines'));
  await table.waitFor();
  await reads('the reasons', panel.locator(at('line-reasons')), /đường xuống của BS\. Minh|Đường xuống của BS\. Minh/);
  await reads('a figure for speech', table, /BS\. Minh[^]*Đường truyền (tạm|yếu)\s+\d,\d/);
  await readable(panel, 'the consultation page while it runs');
  const page = await panel.evaluateHandle(() => document.querySelector('[data-testid="lines"] tbody tr'));
  await doctor.page.evaluate(() => window.narrow(0));
  await until('the picture to move again, without words', async () => (await doctor.page.locator(at('line-note')).count()) === 0 && (await tiles(doctor)).some((tile) => tile.moves));
  await until('the panel to say that nothing is held', async () => /Không có hình nào bị giữ lại/.test(await panel.locator('main').innerText()));
  assert.ok(await page.evaluate((row) => row.isConnected), 'rows stay where they are while it refreshes');
});

/** Whatever the tile of the other says from now on. */
const keepWords = (page) => page.evaluate(() => {
  globalThis.tileSaid = new Set();
  const tile = document.querySelector('[data-testid="remote-tile"]');
  new MutationObserver(() => globalThis.tileSaid.add(tile.innerText)).observe(tile, { subtree: true, childList: true, characterData: true });
});
const tileSaid = async (page, text) => (await page.evaluate(() => [...globalThis.tileSaid])).some((words) => text.test(words));

test('of whom nothing comes at all the line is said to be broken, and nobody is sent to the camera', async () => {
  await keepWords(doctor.page);
  const stopped = await processesOf(clinic); // as by a cable that is pulled: no picture, no sound, no word of what arrives
  stopped.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  try {
    await until('words in the tile', () => tileSaid(doctor.page, /bên đó mất kết nối/));
  } finally {
    stopped.forEach((pid) => process.kill(pid, 'SIGCONT'));
  }
  assert.equal(await tileSaid(doctor.page, /tắt camera rồi bật lại/), false, 'the camera was blamed first');
  await until('the clinic to move again', async () => (await tiles(doctor)).some((tile) => tile.moves));
});

test('afterwards the page says how each stay sounded and what was held back', async () => {
  await doctor.click('leave');
  const stay = await until('the stay to be written', async () => (await api.get(`/consultations/${consultation.id}/sessions`)).items.find((s) => s.name === 'BS. Minh' && s.left_at));
  assert.ok(stay.quality.mos.mean >= 1 && stay.quality.mos.mean <= 4.5, `MOS ${stay.quality.mos.mean}`);
  assert.ok(stay.quality.held_s.bandwidth >= 5, `held ${stay.quality.held_s.bandwidth} s`);
  await until('the table to show it', async () => /MOS \d,\d, thấp nhất \d,\d.*giữ lại \d+ giây vì đường yếu/.test(await panel.locator(at('stay-line')).last().innerText()));
  await readable(panel, 'stays with how they were');
});
