// The README's pictures of the panel and of the kiosk: a day with a consultation that is over and filed, one that runs, and
// some to come. `make pictures`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { book, openChromium, PASSWORD, signIn, sleep, startEmr, startServer, ticket, until } from './harness.mjs';
import { at, keep, painted } from './painted.mjs';

const emr = await startEmr();
const server = await startServer({ emr: emr.url, config: '[kiosk]\nhelp_phone=1900 9095\n' });
const api = await signIn(server);
const { browser } = await openChromium({ tone: 440 });

const time = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString().replace(/\.\d+Z/, 'Z');
/** Wall-clock time in Việt Nam, as the form takes it. */
const wall = (minutes) => new Date(Date.now() + minutes * 60_000 + 7 * 3_600_000).toISOString().slice(0, 16);
const quarter = Math.ceil(((Date.now() / 60_000) % 15) * -1 + 15); // minutes until the next one
const from = (minutes, length, more) => ({ starts_at: time(minutes), ends_at: time(minutes + length), ...more });
const patient = (value, name, birth_date, sex) => ({ patient: { identifier: { system: 'urn:oid:2.16.840.1.113883.2.74.1', value }, name, birth_date, sex } });

async function open(path, look, size = { width: 1280, height: 720 }) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: size, locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', permissions: ['camera', 'microphone'] });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.addInitScript(painted, look);
  await page.goto(server.origin + path);
  return page;
}

async function enter(consultation, name, role, look) {
  const page = await open(`/join#${await ticket(api, consultation, name, role)}`, look);
  await page.click(at('prejoin-join'));
  await page.waitForSelector(`${at('call')}[data-phase="in"]`);
  return page;
}

const seen = (page) => until('a far picture', () => page.evaluate(() => [...document.querySelectorAll('[data-testid="remote-tile"] video')].some((one) => one.videoWidth >= 640)), { timeout: 60_000 });

/** Recorded with everybody's word, a still with a mark, ended, filed. */
async function held(consultation) {
  const clinic = await enter(consultation, 'BS. Giàng Thị Lan', 'host', { hue: 150, hair: '#1d1613' });
  const specialist = await enter(consultation, 'BSCKII. Trần Quốc Bảo', 'specialist', { hue: 215, hair: '#3c3836' });
  for (const page of [clinic, specialist]) await seen(page);
  await specialist.click(at('record'));
  for (const page of [specialist, clinic]) await page.click(at('consent-yes'));
  await specialist.waitForSelector(at('recording-sign'));
  await specialist.keyboard.press('i');
  await specialist.locator('.drawer').getByRole('button', { name: /BS\. Giàng Thị Lan/ }).click();
  await clinic.click(at('photograph-yes'));
  await specialist.waitForSelector(at('still'));
  await until('the full still', () => specialist.evaluate(() => document.querySelector('[data-testid="still-picture"]')?.dataset.full === 'true'), { timeout: 60_000 });
  await sleep(15_000); // something to play
  for (const page of [clinic, specialist]) await page.context().close();
  await api.post(`/consultations/${consultation}/end`);
  await until('it filed', async () => {
    const { items } = await api.get(`/consultations/${consultation}/deliveries`);
    return items.length && items.every(({ state }) => state === 'delivered');
  }, { timeout: 180_000, every: 1000 });
}

/** The consult room's machine: what comes next, and the specialist large. */
async function kiosk(room, next) {
  const page = await open('/kiosk', { hue: 20, hair: '#16110f' });
  const code = await page.locator(at('kiosk-code')).getAttribute('data-code');
  await api.post('/kiosks', { code, room_id: room });
  await page.waitForSelector(at('kiosk-join'));
  await sleep(2000);
  await keep(page, 'kiosk-idle');
  await page.click(at('kiosk-join'));
  await page.waitForSelector(`${at('call')}[data-phase="in"]`);
  const specialist = await enter(next, 'BSCKII. Trần Quốc Bảo', 'specialist', { hue: 215, hair: '#3c3836' });
  for (const one of [page, specialist]) await seen(one);
  await keep(page, 'kiosk-call');
}

/** Written and signed by both who were there, and corrected the day after. */
async function minuted(id) {
  const { participants } = await api.get(`/consultations/${id}`);
  const [chair, secretary] = ['BSCKII. Trần Quốc Bảo', 'BS. Giàng Thị Lan'].map((name) => participants.find((one) => one.name === name).id);
  const hand = async (participant_id) => {
    const { ticket: bearer } = await api.post(`/consultations/${id}/tickets`, { participant_id });
    return async (method, under, version, body) => {
      const answer = await fetch(`${server.origin}/api/v1/consultations/${id}/minutes${under}`, {
        method, headers: { authorization: `Bearer ${bearer}`, 'if-match': `"${version}"`, 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) });
      if (!answer.ok) throw new Error(`${method} ${under}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    };
  };
  const [bao, lan] = [await hand(chair), await hand(secretary)];
  await lan('PUT', '', 0, {
    chair, secretary, record_number: '26.03187', department: 'Da liễu, buồng 2, giường 7', treated_since: time(-3 * 24 * 60).slice(0, 10),
    diagnosis: 'Tổn thương sắc tố vùng lưng, theo dõi u hắc tố',
    summary: 'Nốt sắc tố ở lưng có từ nhiều năm, sáu tháng nay to dần, bờ không đều, đôi lúc ngứa. Chưa sinh thiết. Không sờ thấy hạch nách.',
    questions: [
      { id: 'q1', question: 'Có cần sinh thiết không, và sinh thiết kiểu nào?', conclusion: 'Có. Cắt trọn tổn thương, bờ cách 2 mm; không sinh thiết một phần.' },
      { id: 'q2', question: 'Có phải chuyển lên tuyến tỉnh ngay không?', conclusion: 'Chuyển trong tuần; không phải cấp cứu.' },
    ],
    discussion: 'Soi da: mạng sắc tố không điển hình, hai màu, chỗ đậm lệch tâm. Đường kính lớn nhất 9 mm đo trên ảnh chụp.',
    conclusion: 'Nghi u hắc tố nông lan. Cần cắt trọn và đọc mô bệnh học trước khi quyết định bước sau.',
    treatment: 'Chuyển BV tỉnh trong tuần, mang theo ảnh soi da. Không đốt, không chấm thuốc. Hẹn hội chẩn lại khi có kết quả.',
  });
  await lan('POST', '/signature', 1);
  await bao('POST', '/signature', 2);
  await bao('PUT', '/addenda/1', 3, { kind: 'correction', reason: 'Đo lại trên ảnh gốc sau buổi hội chẩn.', text: 'Đường kính lớn nhất là 11 mm, không phải 9 mm. Kết luận không đổi.' });
  await until('the minutes filed', async () => {
    const { items } = await api.get(`/consultations/${id}/deliveries`);
    return items.every(({ state }) => state === 'delivered');
  }, { timeout: 180_000, every: 1000 });
}

const portrait = { x: 0, y: 0, width: 1280, height: 1440 };

/** In the panel, and its first sheet. */
async function minutes(admin, over) {
  await admin.reload();
  const shown = admin.locator('#minutes');
  await admin.locator(`${at('minutes')}[data-state="signed"]`).waitFor();
  await admin.locator(at('addendum')).waitFor();
  await admin.setViewportSize({ width: 1280, height: 1800 });
  const { x, y, width } = await shown.boundingBox();
  await keep(admin, 'panel-minutes', { fullPage: true, clip: { x: x - 16, y: y - 16, width: width + 32, height: (width + 32) * 9 / 8 } });
  const pdf = join(mkdtempSync(join(tmpdir(), 'hoichan-pictures-')), 'minutes');
  writeFileSync(`${pdf}.pdf`, await api.file(`/consultations/${over}/minutes/print`));
  execFileSync('pdftoppm', ['-r', '110', '-f', '1', '-l', '1', '-singlefile', '-png', `${pdf}.pdf`, pdf]);
  const sheet = await browser.newPage({ viewport: { width: 1280, height: 1440 } });
  await sheet.setContent(`<body style="margin:0;background:#fff;text-align:center"><img style="width:1100px" src="data:image/png;base64,${readFileSync(`${pdf}.png`).toString('base64')}">`);
  await sheet.locator('img').evaluate((image) => image.decode());
  await keep(sheet, 'minutes-paper', { clip: portrait });
}

async function panel(over, room) {
  const admin = await open('/admin', {});
  await admin.fill(at('login-user'), 'admin');
  await admin.fill(at('login-password'), PASSWORD);
  await admin.click(at('login-submit'));
  await admin.waitForSelector('.live');
  await keep(admin, 'panel-day');
  await admin.click(at('book-open'));
  await admin.fill(at('book-title'), 'Hội chẩn Tim mạch: xin ý kiến chụp mạch vành');
  await admin.selectOption(at('book-room'), { label: room });
  await admin.fill(at('book-start'), wall(quarter + 50));
  await admin.fill(at('book-end'), wall(quarter + 80).slice(11));
  await admin.waitForSelector(at('book-conflict'));
  await admin.locator(at('book-conflict')).scrollIntoViewIfNeeded();
  await keep(admin, 'panel-conflict');
  await admin.goto(`${server.origin}/admin/consultations/${over}`);
  await admin.locator(at('player')).waitFor();
  await until('all of it', async () => (await admin.locator('.spinner').count()) === 0);
  await sleep(1500);
  await keep(admin, 'panel-consultation', { fullPage: true, clip: portrait });
  await minuted(over);
  await minutes(admin, over);
}

try {
  const hospital = await api.post('/sites', { kind: 'hospital', name: 'BV Đa khoa tỉnh Yên Bái' });
  const clinic = await api.post('/sites', { kind: 'clinic', name: 'TTYT Mù Cang Chải', parent_id: hospital.id });
  const first = await api.post('/rooms', { site_id: hospital.id, name: 'Phòng hội chẩn 1' });
  const second = await api.post('/rooms', { site_id: hospital.id, name: 'Phòng hội chẩn 2' });
  const far = await api.post('/rooms', { site_id: clinic.id, name: 'Phòng khám từ xa' });
  const people = [['BS. Giàng Thị Lan', 'host'], ['BSCKII. Trần Quốc Bảo', 'specialist']].map(([name, role]) => ({ name, role }));
  const over = await book(api, { title: 'Da liễu: tổn thương sắc tố ở lưng', room_id: second.id, ends_at: time(15), ...patient('015161004321', 'Lò Thị Mây', '1972-08-19', 'female') });
  const next = await api.post('/consultations', from(6, 30, { kind: 'scheduled', title: 'Tim mạch: đau ngực khi gắng sức', room_id: far.id, participants: people, ...patient('015061001234', 'Giàng A Páo', '1961-03-02', 'male') }));
  await api.post('/consultations', from(quarter + 45, 45, { kind: 'scheduled', title: 'Nội tiết: bàn chân đái tháo đường', room_id: first.id }));
  await api.post('/consultations', from(quarter + 90, 60, { kind: 'teaching', title: 'Giao ban tuyến: đọc điện tâm đồ', room_id: far.id }));
  await api.post('/consultations', from(quarter + 120, 45, { kind: 'tele-exam', title: 'Tái khám sau can thiệp mạch vành', room_id: first.id }));
  await api.post('/consultations', from(quarter + 15, 60, { kind: 'emergency', title: 'Cấp cứu: chấn thương sọ não', room_id: second.id }));
  await held(over.id);
  await kiosk(far.id, next.id);
  await panel(over.id, 'Phòng hội chẩn 1 – BV Đa khoa tỉnh Yên Bái');
} finally {
  await browser.close().catch(() => undefined);
  emr.stop();
  await server.stop();
}
