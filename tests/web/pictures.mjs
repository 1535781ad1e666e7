// The README's pictures of the call: the real pages with sample people, before cameras that are painted. `make pictures`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { book, openChromium, ROOT, signIn, sleep, startServer, ticket, tiles, until } from './harness.mjs';
import { at, film, keep, painted } from './painted.mjs';

const server = await startServer({ config: '[captions]\nallow = 1\n' });
const { browser, ...first } = await openChromium({ tone: 440 });
let service;

async function person(consultation, name, role, look, { size = { width: 1280, height: 720 }, picture } = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: size, permissions: ['camera', 'microphone'] });
  const page = await context.newPage();
  await page.addInitScript(painted, look);
  await page.goto(`${server.origin}/join#${await ticket(api, consultation, name, role)}`);
  await page.waitForSelector(at('prejoin-join'));
  if (picture) {
    await sleep(5000); // the line is tried
    await keep(page, picture);
  }
  await page.click(at('prejoin-join'));
  await page.waitForSelector(at('call'));
  return page;
}

const api = await signIn(server);
try {
  const site = await api.post('/sites', { kind: 'clinic', name: 'TTYT Mù Cang Chải' });
  const room = await api.post('/rooms', { site_id: site.id, name: 'Phòng khám từ xa' });
  const { id } = await book(api, { title: 'Hội chẩn Da liễu: tổn thương sắc tố ở lưng', room_id: room.id });
  const clinic = await person(id, 'BS. Giàng Thị Lan', 'doctor', { hue: 150, hair: '#1d1613' });
  const specialist = await person(id, 'BSCKII. Trần Quốc Bảo', 'specialist', { hue: 215, hair: '#3c3836' }, { picture: 'prejoin' });
  const phone = await person(id, 'ĐD. Vàng Thị Mai', 'doctor', { hue: 20, hair: '#16110f' }, { size: { width: 390, height: 844 } });
  await until('all to see one another', async () => (await tiles({ page: specialist })).filter((tile) => tile.width).length === 2);

  await specialist.keyboard.press('l');
  await specialist.keyboard.press('l');
  await specialist.click(at('source-ask'));
  await specialist.selectOption(at('source-kind'), 'dermatoscope');
  await specialist.click(at('source-ask-send'));
  await clinic.selectOption(`${at('source-asked')} select`, { label: 'Máy soi da HD' });
  await clinic.click(at('source-yes'));
  await specialist.click('[data-testid="source"][data-source="dermatoscope"]');
  await until('the dermatoscope', () => specialist.evaluate(() => document.querySelector('.tile--main video')?.videoHeight >= 360));
  await specialist.click(at('record'));
  for (const page of [specialist, clinic, phone]) await page.click(at('consent-yes'));
  await specialist.waitForSelector(at('recording-sign'));
  await sleep(6000); // the line is measured, the largest size arrives
  await keep(specialist, 'call-exam');

  await specialist.keyboard.press('s');
  await clinic.click(at('photograph-yes'));
  await specialist.waitForSelector(at('still'));
  await until('the full still', () => specialist.evaluate(() => document.querySelector('[data-testid="still-picture"]')?.dataset.full === 'true'));
  const box = await specialist.locator(at('still-picture')).boundingBox();
  const drag = async (from, to) => {
    const point = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
    await specialist.mouse.move(...point(from));
    await specialist.mouse.down();
    await specialist.mouse.move(...point(to), { steps: 6 });
    await specialist.mouse.up();
  };
  await specialist.click(at('tool-ellipse'));
  await drag([0.36, 0.3], [0.64, 0.7]);
  await specialist.click(at('tool-arrow'));
  await drag([0.75, 0.22], [0.62, 0.4]);
  await keep(specialist, 'call-still');
  await specialist.click(at('still-close'));

  await clinic.click('.bar button[title*="(C)"]');
  await clinic.setInputFiles(at('chat-file'), { name: 'Phim ngực 22-11.jpg', mimeType: 'image/jpeg', buffer: film() });
  await specialist.click('.topline');
  await specialist.keyboard.press('g');
  await specialist.locator(at('paper'), { hasText: 'Phim ngực' }).click();
  await specialist.waitForSelector(`${at('paper-open')} img`);
  service = spawn('/usr/bin/python3', [join(ROOT, 'tests/web/captions_service.py'), server.port, id, await ticket(api, id, 'Phụ đề BV tỉnh', 'captions')], { stdio: 'ignore' });
  await clinic.waitForSelector(at('captions-yes'));
  await keep(clinic, 'call-consent');
  for (const page of [specialist, clinic, phone]) await page.click(at('captions-no'));
  service.kill();
  await specialist.locator(at('captions-on')).waitFor({ state: 'detached', timeout: 90000 });
  await keep(specialist, 'call-papers');
  await keep(phone, 'call-phone');
} finally {
  service?.kill();
  await first.close().catch(() => undefined);
  await browser.close().catch(() => undefined);
  await server.stop();
}
