// The pictures of the README: the real pages with sample people, before cameras that are painted. `make pictures`.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { book, openChromium, ROOT, signIn, sleep, startServer, ticket, tiles, until } from './harness.mjs';

const into = join(ROOT, 'web/pictures');
const at = (id) => `[data-testid="${id}"]`;

/** Cameras that show painted people, and a dermatoscope that shows a painted mole. */
function painted({ hue, hair }) {
  const paint = {
    face(context, w, h, t) {
      const wall = context.createLinearGradient(0, 0, w, h);
      wall.addColorStop(0, `hsl(${hue} 22% 34%)`);
      wall.addColorStop(1, `hsl(${hue} 26% 20%)`);
      context.fillStyle = wall;
      context.fillRect(0, 0, w, h);
      const sway = Math.sin(t / 900) * w * 0.006;
      const shape = (colour, ...ellipses) => {
        context.fillStyle = colour;
        for (const [x, y, rx, ry] of ellipses) {
          context.beginPath();
          context.ellipse(w / 2 + x * h + sway, y * h, rx * h, ry * h, 0, 0, 7);
          context.fill();
        }
      };
      shape('#e9eef2', [0, 1.1, 0.46, 0.42]);
      shape(`hsl(${hue} 40% 40%)`, [0, 0.93, 0.1, 0.2]);
      shape(hair, [0, 0.4, 0.215, 0.25]);
      shape('#e0ac84', [0, 0.7, 0.075, 0.12], [0, 0.46, 0.175, 0.225]);
      shape(hair, [0, 0.27, 0.185, 0.085]);
      shape('#2b211c', [-0.07, 0.44, 0.017, 0.021], [0.07, 0.44, 0.017, 0.021]);
      shape('#b5543f', [0, 0.58, 0.05, 0.01 + 0.008 * Math.abs(Math.sin(t / 240))]);
    },
    skin(context, w, h) {
      const skin = context.createRadialGradient(w / 2, h / 2, 0, w / 2, h / 2, w * 0.7);
      skin.addColorStop(0, '#e2a883');
      skin.addColorStop(1, '#b97d5c');
      context.fillStyle = skin;
      context.fillRect(0, 0, w, h);
      context.strokeStyle = 'rgb(120 70 45 / 18%)';
      for (let i = 0; i < 70; i++) {
        context.beginPath();
        context.arc(((i * 173) % 97) / 97 * w, ((i * 71) % 89) / 89 * h, h * (0.05 + (i % 5) * 0.03), i, i + 1.6);
        context.stroke();
      }
      for (const [colour, size, step] of [['#7a4a31', 0.2, 0.9], ['#4e2b1c', 0.14, 1.7], ['#2d1810', 0.07, 2.3]]) {
        context.fillStyle = colour;
        context.beginPath();
        for (let a = 0; a < 6.28; a += 0.1) context.lineTo(w * 0.5 + Math.cos(a) * h * size * (1 + 0.16 * Math.sin(a * 3 * step)), h * 0.5 + Math.sin(a) * h * size * (0.86 + 0.12 * Math.cos(a * 5)));
        context.fill();
      }
    },
  };
  const stream = (name) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
    const context = canvas.getContext('2d');
    setInterval(() => paint[name](context, 1280, 720, performance.now()), 50);
    paint[name](context, 1280, 720, 0);
    return canvas.captureStream(20).getVideoTracks()[0];
  };
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  const names = { videoinput: 'Camera máy tính', audioinput: 'Micrô hội nghị', audiooutput: 'Loa hội nghị' };
  const device = (kind, deviceId, label) => ({ kind, deviceId, label, groupId: '', toJSON: () => ({}) });
  const list = devices.enumerateDevices.bind(devices);
  devices.enumerateDevices = async () => {
    const own = (await list()).filter(({ kind }, index, all) => all.findIndex((one) => one.kind === kind) === index);
    return [...own.map(({ kind, deviceId }) => device(kind, deviceId, names[kind])), device('videoinput', 'skin', 'Máy soi da HD')];
  };
  devices.getUserMedia = async (constraints) => {
    const wanted = constraints.video?.deviceId?.exact;
    const sound = constraints.audio ? await open({ audio: constraints.audio }) : new MediaStream();
    const tracks = constraints.video ? [stream(wanted === 'skin' ? 'skin' : 'face')] : [];
    return new MediaStream([...sound.getAudioTracks(), ...tracks]);
  };
}

/** A film of a chest, as a file of the chat. */
const film = () =>
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-f', 'lavfi', '-i', 'color=c=black:s=1000x1200', '-frames:v', '1', '-vf',
    "format=gray,geq=lum='max(12,150*exp(-pow((X-500)/75,2))*0.9+ 120*exp(-pow((hypot((X-500)/420,(Y-620)/520)-0.9)/0.16,2)) + 60*pow(max(0,sin(Y/38+abs(X-500)/160)),6)*lt(hypot((X-500)/420,(Y-620)/520),0.95) + 110*lt(hypot((X-590)/150,(Y-760)/190),1)*0.7)',boxblur=6", '-q:v', '4', '-f', 'mjpeg', '-']);

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

/** As WebP: a tenth of the PNG. */
async function keep(page, name) {
  await page.evaluate(() => document.querySelectorAll('.toast button').forEach((button) => button.click()));
  await page.mouse.move(2, 2);
  await sleep(400);
  const png = await page.screenshot();
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', '-i', '-', '-c:v', 'libwebp', '-quality', '82', join(into, `${name}.webp`)], { input: png });
  console.log(`web/pictures/${name}.webp`);
}

const api = await signIn(server);
try {
  mkdirSync(into, { recursive: true });
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
