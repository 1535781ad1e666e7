// What the README's pictures have in common: people and a mole that are painted, a film, and where the pictures go.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, sleep } from './harness.mjs';

const into = join(ROOT, 'web/pictures');
mkdirSync(into, { recursive: true });

export const at = (id) => `[data-testid="${id}"]`;

/** Cameras that show painted people, and a dermatoscope that shows a painted mole. */
export function painted({ hue, hair }) {
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
export const film = () =>
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-f', 'lavfi', '-i', 'color=c=black:s=1000x1200', '-frames:v', '1', '-vf',
    "format=gray,geq=lum='max(12,150*exp(-pow((X-500)/75,2))*0.9+ 120*exp(-pow((hypot((X-500)/420,(Y-620)/520)-0.9)/0.16,2)) + 60*pow(max(0,sin(Y/38+abs(X-500)/160)),6)*lt(hypot((X-500)/420,(Y-620)/520),0.95) + 110*lt(hypot((X-590)/150,(Y-760)/190),1)*0.7)',boxblur=6", '-q:v', '4', '-f', 'mjpeg', '-']);

/** As WebP: a tenth of the PNG. */
export async function keep(page, name, options = {}) {
  await page.evaluate(() => document.querySelectorAll('.toast button').forEach((button) => button.click()));
  await page.mouse.move(2, 2);
  await sleep(400);
  const png = await page.screenshot(options);
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', '-i', '-', '-c:v', 'libwebp', '-quality', '82', join(into, `${name}.webp`)], { input: png });
  console.log(`web/pictures/${name}.webp`);
}
