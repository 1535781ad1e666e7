// What every browser test needs: the real server on free ports in a folder of its own, an EMR, fake cameras whose picture
// and sound tell who is who, Chromium and Firefox.
import { spawn, execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { own } from './own.mjs';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // the server's own certificate; nothing here leaves the machine
process.removeAllListeners('warning');

export const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
const BUILD = resolve(ROOT, process.env.HOICHAN_BUILD ?? 'build/asan');
export const PASSWORD = 'Đường-xa-vạn-dặm-2026';

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Frames a second: as few as show that a picture moves, since two cores encode and draw it for all who are in the call; and where it is measured. */
export const FPS = 10, FULL_FPS = 30;

/** How long a state is waited for, in ms. One that comes costs no more than it takes, however busy the machine. */
export const PATIENCE = 60000;

/** Asks again until `check` gives something true; fails with what it saw last. */
export async function until(what, check, { timeout = PATIENCE, every = 100 } = {}) {
  const end = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      last = await check();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${timeout} ms for ${what}; last: ${last instanceof Error ? last.stack : JSON.stringify(last)}`);
    await sleep(every);
  }
}

export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Firefox talks to no loopback address: give it the machine's own. */
export function ownAddress() {
  for (const list of Object.values(networkInterfaces()))
    for (const item of list ?? []) if (item.family === 'IPv4' && !item.internal) return item.address;
  return '127.0.0.1';
}

/** A FHIR R4 server that refuses invalid resources. */
export async function startEmr() {
  const child = own(spawn('node', [join(ROOT, 'tests/fhir/server.mjs'), '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] }));
  const url = await new Promise((done, fail) => {
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
      const found = /(https?:\/\/\S+)/.exec(text);
      if (found) done(found[1]);
    });
    child.on('exit', (code) => fail(new Error(`the FHIR server ended with ${code}`)));
  });
  const search = async (query) => {
    const bundle = await (await fetch(`${url}/${query}`, { headers: { accept: 'application/fhir+json' } })).json();
    return (bundle.entry ?? []).map((entry) => entry.resource);
  };
  return { url, search, stop: () => child.kill('SIGTERM') };
}

/** This machine; tests/net has others. */
const HERE = { spawn, wrapper: (program) => program, forward: () => undefined };

/**
 * The real server, on `host`; `emr` is a FHIR base address. Attended, it prints the first admin's one-time password
 * (`firstPassword`).
 */
export async function startServer({ emr, workers = 1, host = HERE, announce = host.address ?? ownAddress(), config = '', attended = false } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'hoichan-web-'));
  const ipv6 = announce.includes(':');
  const server = { dir, port: 0, origin: '', log: '', child: null, exited: null };
  const write = () => writeFileSync(
    join(dir, 'hoichan.ini'),
    `[server]\nlisten=${ipv6 ? '[::]' : '0.0.0.0'}:${server.port}\nredirect_listen=\nstate_dir=${dir}/state\n` +
      (attended ? '' : `admin_password_file=${dir}/password\n`) +
      `[media]\nport=0\nworkers=${workers}\nannounce=${announce}\n[store]\nurl=sqlite:${dir}/hoichan.db\n` +
      '[admission]\ncpu_percent=0\n' + // a worker with sanitizers, on a machine full of browsers
      (emr ? `[emr]\nfhir_base=${emr}\n` : '') + config,
  );
  writeFileSync(join(dir, 'password'), PASSWORD + '\n');
  if (host !== HERE) await host.forward((server.port = await freePort())); // it has no other at its own end
  /** Starts it, on the port it had before if it had one. */
  server.start = async () => {
    write();
    const before = server.log.length;
    const child = (server.child = own(host.spawn(join(BUILD, 'hoichand'), ['--config', join(dir, 'hoichan.ini')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0', LSAN_OPTIONS: `suppressions=${ROOT}/tests/lsan.supp` },
    })));
    server.exited = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
    const keep = (data) => (server.log += data);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const ended = () => child.exitCode !== null || child.signalCode !== null;
    const port = () => Number(/event=started port=(\d+)/.exec(server.log.slice(before))?.[1]);
    await until('the server to listen', () => ended() || port());
    if (ended()) throw new Error(`the server ended at once:\n${server.log.slice(-4000)}`);
    server.port = port();
    server.origin = `https://${ipv6 ? `[${announce}]` : announce}:${server.port}`;
    await until('the server to be ready', async () => (await fetch(`https://127.0.0.1:${server.port}/readyz`)).ok);
  };
  server.firstPassword = () => /password\s+(\S+)/.exec(server.log)?.[1];
  /** The orderly end; throws when a sanitizer had something to say. */
  server.stop = async () => {
    if (server.child.exitCode === null) server.child.kill('SIGTERM');
    const end = await Promise.race([server.exited, sleep(PATIENCE).then(() => null)]);
    if (!end) server.child.kill('SIGKILL');
    if (process.env.HOICHAN_LOG) writeFileSync(process.env.HOICHAN_LOG, server.log);
    const fault = /(ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:|ThreadSanitizer)[^]*?(?=\n\n|$)/.exec(server.log);
    if (fault || !end) {
      writeFileSync(join(dir, 'log'), server.log);
      throw new Error(`${fault ? fault[0] : 'the server did not stop after SIGTERM'}\n(everything is in ${dir})`);
    }
    rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
  };
  await server.start();
  return server;
}

/** The API as an admin uses it, through the same cookie and CSRF rules. */
export async function signIn(server, username = 'admin', password = PASSWORD) {
  const base = `https://127.0.0.1:${server.port}/api/v1`;
  const answer = await fetch(`${base}/session`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username, password }),
  });
  if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
  const cookie = answer.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  const { csrf } = await answer.json();
  const call = async (method, path, body) => {
    const reply = await fetch(base + path, {
      method,
      headers: { cookie, 'x-csrf-token': csrf, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await reply.text();
    if (!reply.ok) throw Object.assign(new Error(`${method} ${path}: ${reply.status} ${text}`), { status: reply.status });
    return text ? JSON.parse(text) : null;
  };
  const file = async (path) => Buffer.from(await (await fetch(base + path, { headers: { cookie } })).arrayBuffer());
  return { file, get: (path) => call('GET', path), post: (path, body = {}) => call('POST', path, body), del: (path) => call('DELETE', path), patch: (path, body) => call('PATCH', path, body), put: (path, body) => call('PUT', path, body) };
}

/** Books a consultation that is on now. */
export async function book(api, more = {}) {
  const now = Date.now();
  const at = (ms) => new Date(now + ms).toISOString().replace(/\.\d+Z/, 'Z');
  return api.post('/consultations', { kind: 'scheduled', title: 'Hội chẩn tim mạch', starts_at: at(0), ends_at: at(3600e3), ...more });
}

export async function ticket(api, consultation, name, role = 'doctor') {
  const { ticket: text } = await api.post(`/consultations/${consultation}/tickets`, { participant: { name, role } });
  return text;
}

/** What is made for a run, and goes with it. */
const sources = mkdtempSync(join(tmpdir(), 'hoichan-fake-'));
process.on('exit', () => rmSync(sources, { recursive: true, force: true, maxRetries: 10 })); // a browser that is ending still writes there

/** A folder for a browser's profile that outlives the browser, and ends with the run: while a process of it is left it cannot be emptied. */
export const profileFolder = () => mkdtempSync(join(sources, 'profile-'));

/**
 * A camera that shows a colour with a moving bar, or a person before shelves, and a microphone that hums a tone, with pauses of so many seconds
 * or in syllables if asked. Made once a run. A busy one moves so much that every layer is sent at its full rate.
 */
export function fakeSource({ colour = 'red', tone = 440, size = '640x360', fps = FPS, busy = false, person = false, ears, pause = 0, syllables = false }) {
  const jpeg = busy || fps === FULL_FPS; // Chromium plays such a film at FULL_FPS, whatever it says
  const video = join(sources, `${busy ? 'busy' : person ? 'person' : colour}-${size}.${jpeg ? 'mjpeg' : 'y4m'}`);
  const audio = join(sources, `${tone}-${pause}-${syllables}.wav`);
  const run = (args) => execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args]);
  const rate = jpeg ? 20 : FPS;
  const film = jpeg ? ['-t', '4', '-pix_fmt', 'yuvj420p', '-c:v', 'mjpeg', '-q:v', busy ? '4' : '3', video] : ['-t', '2', '-pix_fmt', 'yuv420p', video];
  if (!existsSync(video) && busy) {
    run(['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate},noise=alls=12:allf=t,format=yuvj420p`, ...film]);
  } else if (!existsSync(video) && person) {
    run(['-loop', '1', '-framerate', `${rate}`, '-i', join(ROOT, 'tests/web/person.svg'), '-vf', 'crop=640:360:20+15*sin(PI*t):0', ...film]);
  } else if (!existsSync(video)) {
    const [, height] = size.split('x');
    run(['-f', 'lavfi', '-i', `color=c=${colour}:s=${size}:r=${rate}`, '-f', 'lavfi', '-i', `color=c=white:s=40x${height}:r=${rate}`,
      '-filter_complex', `[0][1]overlay=x='mod(t*160,600)':y=0,format=${jpeg ? 'yuvj420p' : 'yuv420p'}`, ...film]);
  }
  if (!existsSync(audio)) run(['-f', 'lavfi', '-i', `sine=frequency=${tone}:sample_rate=48000:duration=${pause ? 2 : 10}`, '-ac', '1', '-af', `volume=4${syllables ? ',tremolo=f=4:d=0.9' : ''},apad=pad_dur=${pause}`, audio]);
  if (ears) run(['-f', 'lavfi', '-i', `aevalsrc=${ears.map((tones) => tones.map((hz) => `0.15*sin(2*PI*${hz}*t)`).join('+')).join('|')}:s=48000:d=10`, join(sources, 'ears.wav')]);
  return { video, audio: ears ? join(sources, 'ears.wav') : audio };
}

/**
 * Chromium with its fake devices, on `host`; a context of its own each. `args` are further switches; `permissions: 'denied'`
 * refuses devices. `cameras` counts cameras of Chromium's own drawing instead of one that shows a file; `ears` are the tones
 * of a two-channel microphone, left and right; `profile` is a folder that outlives the browser; `soundCard`, from startSoundCard, has
 * real microphones instead.
 */
export async function openChromium({ host = HERE, args = [], permissions = 'granted', cameras, profile, soundCard, ...source } = {}) {
  const asked = permissions === 'denied' ? ['--deny-permission-prompts'] : ['--use-fake-ui-for-media-stream'];
  const files = fakeSource(source);
  const fake = [`--use-file-for-fake-audio-capture=${files.audio}`,
    ...(cameras ? [`--use-fake-device-for-media-stream=device-count=${cameras},fps=${FPS}`] : ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${files.video}`])];
  const program = {
    env: { LANG: 'C.UTF-8', ...process.env, ...soundCard?.env }, // in the plain C locale Chromium calls a file with Vietnamese letters "download"
    executablePath: host.wrapper('/usr/bin/chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--allow-loopback-in-peer-connection', ...(soundCard ? [] : fake),
      '--autoplay-policy=no-user-gesture-required', '--ignore-certificate-errors', ...asked, ...args],
  };
  const seat = { ignoreHTTPSErrors: true, viewport: { width: 1280, height: 720 }, locale: 'vi-VN' };
  const browser = profile ? null : await chromium.launch(program);
  const context = browser ? await browser.newContext(seat) : await chromium.launchPersistentContext(profile, { ...program, ...seat });
  context.setDefaultTimeout(PATIENCE);
  return wrap('chromium', browser ?? context, context.pages()[0] ?? (await context.newPage()));
}

/** A page at another machine of somebody with a camera and a microphone: a context of its own in this Chromium. */
export async function anotherPage({ browser }, more = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 720 }, locale: 'vi-VN', permissions: ['camera', 'microphone'], ...more });
  context.setDefaultTimeout(PATIENCE);
  return context.newPage();
}

/** Lets the pages of this browser turn cameras: Chromium's fake ones can, and one that shows a file really moves over it. */
export async function allowTurning({ page }) {
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  await session.send('Browser.grantPermissions', { permissions: ['videoCapture', 'audioCapture', 'cameraPanTiltZoom'], browserContextId: targetInfo.browserContextId });
}

/**
 * A sound card with nobody to hear it: without one Firefox makes no sound of its own, its audio contexts never begin. Of each of `tones` it
 * has a microphone that hums it, the first the system's own choice; whoever is opened with these has no fake devices, and no camera.
 */
export async function startSoundCard({ tones = [] } = {}) {
  const socket = join(mkdtempSync(join(sources, 'sound-card-')), 'native');
  const child = own(spawn('pulseaudio', ['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no', '--load=module-null-sink rate=48000',
    `--load=module-native-protocol-unix socket=${socket} auth-anonymous=1`], { stdio: 'ignore' }));
  await until('the sound card', () => existsSync(socket));
  const order = (...words) => execFileSync('pactl', ['--server', `unix:${socket}`, ...words]).toString().trim();
  const modules = new Map(tones.map((tone) => [tone, order('load-module', 'module-sine-source', `source_name=tone-${tone}`, `frequency=${tone}`, 'rate=48000')]));
  if (tones.length) order('set-default-source', `tone-${tones[0]}`);
  return {
    tones, env: { PULSE_SERVER: `unix:${socket}` },
    mute: (tone, muted) => order('set-source-mute', `tone-${tone}`, muted ? '1' : '0'),
    unplug: (tone) => order('unload-module', modules.get(tone)),
    stop: () => child.kill('SIGTERM'),
  };
}

/**
 * Firefox; its fake camera cycles through colours, with so many frames a second, its fake microphone hums `tone`; `permissions: 'denied'`
 * refuses both. `profile` is a folder that outlives it; `soundCard` is from startSoundCard; `args` are further switches.
 */
export async function openFirefox({ host = HERE, args = [], tone = 880, fps = FPS, permissions = 'granted', profile, soundCard } = {}) {
  const refused = permissions === 'denied' ? { 'media.navigator.permission.disabled': false, 'permissions.default.camera': 2, 'permissions.default.microphone': 2 } : {};
  const elsewhere = host === HERE ? {} : { debuggingPort: await freePort() };
  if (elsewhere.debuggingPort) await host.forward(elsewhere.debuggingPort);
  const browser = await puppeteer.launch({
    browser: 'firefox', executablePath: host.wrapper('/usr/bin/firefox-esr'), headless: true, acceptInsecureCerts: true, timeout: 2 * PATIENCE, ...elsewhere,
    ...(profile ? { userDataDir: profile } : {}), env: { ...process.env, ...soundCard?.env },
    args,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': !soundCard?.tones.length, 'media.navigator.permission.disabled': true, 'media.navigator.audio.fake_frequency': tone, 'media.navigator.video.default_fps': fps,
      'media.peerconnection.ice.loopback': true, 'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0, 'intl.accept_languages': 'vi,en', 'media.gmp-manager.updateEnabled': false, ...refused,
    },
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.setViewport({ width: 1280, height: 720 });
  return wrap('firefox', browser, page);
}

/** Firefox counts among a page's errors what is none of its: a connection that was lost, a way that is shut. */
const LOST = /WebRTC: ICE failed|The connection to wss:|establish a connection/;

/** What both drivers can do, under one set of names. */
function wrap(kind, browser, page) {
  const errors = [];
  page.on('pageerror', (error) => (kind === 'firefox' && LOST.test(error)) || errors.push(String(error)));
  const at = (id) => `[data-testid="${id}"]`;
  return {
    kind, browser, page, errors, at,
    /** Has `script` run in every page before the page's own. */
    init: (script, value) => (page.addInitScript ?? page.evaluateOnNewDocument).call(page, script, value),
    open: (url) => page.goto(url, { waitUntil: 'domcontentloaded' }),
    click: async (id) => {
      await page.waitForSelector(at(id));
      await page.click(at(id));
    },
    choose: async (id, value) => {
      await page.waitForSelector(at(id));
      await (kind === 'chromium' ? page.selectOption(at(id), value) : page.select(at(id), value));
    },
    has: async (id) => (await page.$(at(id))) !== null,
    see: (id, options) => until(`${id} in ${kind}`, async () => (await page.$(at(id))) !== null, options),
    gone: (id, options) => until(`${id} gone in ${kind}`, async () => (await page.$(at(id))) === null, options),
    text: (id) => page.$eval(at(id), (element) => element.textContent ?? ''),
    /** Waits for words on the page, whatever they stand in. */
    says: (text) => until(`"${text}" in ${kind}`, () => page.evaluate((wanted) => document.body.innerText.includes(wanted), text)),
    evaluate: (...args) => page.evaluate(...args),
    screenshot: (path) => page.screenshot({ path }),
    /** Never fails: what follows in a hook has to be done, and one that was killed is closed. */
    close: () => browser.close().catch(() => undefined),
  };
}

/** For `init`: remembers every element that was given a picture, whatever becomes of it. */
export function watchVideos() {
  const { set, ...property } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  const given = (globalThis.givenVideos = new Set());
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...property,
    set(stream) {
      if (stream?.getVideoTracks().length) given.add(this);
      set.call(this, stream);
    },
  });
}

/** How many elements were ever given a picture, how many show one now, and how many hold one out of sight. */
export const videos = (peer) =>
  peer.evaluate(() => {
    const holding = [...globalThis.givenVideos].filter((element) => element.srcObject);
    const shown = holding.filter((element) => element.isConnected).length;
    return { given: globalThis.givenVideos.size, shown, hidden: holding.length - shown };
  });

/** Chooses a file in the page's field. */
export async function sendFile(peer, id, { name, buffer }) {
  const path = join(sources, name);
  writeFileSync(path, buffer);
  const field = await peer.page.waitForSelector(peer.at(id), peer.kind === 'chromium' ? { state: 'attached' } : {});
  await (peer.kind === 'chromium' ? field.setInputFiles(path) : field.uploadFile(path));
}

/** Opens a link and joins as a person does. */
export async function joinCall(peer, server, text, onClick = () => undefined) {
  await peer.open(`${server.origin}/join#${text}`);
  await peer.see('prejoin-join');
  await onClick();
  await peer.click('prejoin-join');
  await peer.see('call');
}

/** How the remote tiles look: the mean colour and whether two looks 300 ms apart differ. */
export async function tiles(peer) {
  return peer.page.evaluate(async () => {
    const look = (video) => {
      const canvas = document.createElement('canvas');
      canvas.width = 64;
      canvas.height = 36;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      context.drawImage(video, 0, 0, 64, 36);
      const { data } = context.getImageData(0, 0, 64, 36);
      return data;
    };
    const found = [...document.querySelectorAll('[data-testid="remote-tile"]')].map((tile) => ({
      participant: tile.getAttribute('data-participant'), video: tile.querySelector('video'),
    }));
    const first = found.map(({ video }) => (video && video.videoWidth ? look(video) : null));
    await new Promise((done) => setTimeout(done, 300));
    return found.map(({ participant, video }, index) => {
      if (!first[index]) return { participant, width: 0, moves: false, colour: [0, 0, 0] };
      const now = look(video);
      let moved = 0;
      const sum = [0, 0, 0];
      for (let i = 0; i < now.length; i += 4) {
        moved += Math.abs(now[i] - first[index][i]) + Math.abs(now[i + 1] - first[index][i + 1]);
        for (let c = 0; c < 3; c++) sum[c] += now[i + c];
      }
      return { participant, width: video.videoWidth, height: video.videoHeight, moves: moved > 500, colour: sum.map((value) => Math.round((value * 4) / now.length)) };
    });
  });
}

/** A second and a half of every sound that is played on a page, recorded by the browser: files. */
async function recordings(peer) {
  const listening = peer.page.evaluate(async () => {
    const tracks = new Map();
    for (const element of document.querySelectorAll('audio,video'))
      for (const track of element.srcObject?.getAudioTracks?.() ?? [])
        if (track.readyState === 'live' && !element.muted && element.volume > 0) tracks.set(track.id, track);
    const record = (track) =>
      new Promise((done) => {
        const mimeType = MediaRecorder.isTypeSupported('audio/webm;codecs=opus') ? 'audio/webm;codecs=opus' : 'audio/ogg;codecs=opus';
        const recorder = new MediaRecorder(new MediaStream([track]), { mimeType, audioBitsPerSecond: 256000 });
        const parts = [];
        recorder.ondataavailable = (event) => parts.push(event.data);
        recorder.onstop = async () => done([...new Uint8Array(await new Blob(parts).arrayBuffer())]);
        recorder.onerror = () => done([]);
        recorder.start();
        setTimeout(() => recorder.stop(), 1500);
      });
    return Promise.all([...tracks.values()].map(record));
  });
  const all = await Promise.race([listening, sleep(20000).then(() => Promise.reject(new Error('the browser did not finish its recording')))]);
  return all.filter((bytes) => bytes.length > 500).map((bytes, index) => {
    const path = join(sources, `heard-${index}.bin`);
    writeFileSync(path, Buffer.from(bytes));
    return path;
  });
}

/** Files of sound, decoded: left and right in turn. By one program, which takes longer to begin than it does to decode. */
function samplesOf(paths) {
  const decoded = paths.map((_, i) => join(sources, `samples-${i}.f32`));
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...paths.flatMap((path) => ['-i', path]),
    ...decoded.flatMap((path, i) => ['-map', `${i}:a:0`, '-t', '20', '-ac', '2', '-ar', '48000', '-f', 'f32le', path])]);
  return decoded.map((path) => {
    const bytes = readFileSync(path);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length - (bytes.length % 8)));
  });
}

/** How loud each of these tones is in each ear of these files: left and right, in dB. */
const earsOf = (paths, wanted) => paths.length === 0 ? [] : samplesOf(paths).map((both) =>
  [0, 1].map((ear) => wanted.map((hz) => loudness(both.filter((_, i) => i % 2 === ear).subarray(12000), hz))));

const audible = (ears, wanted) => wanted.filter((_, i) => ears.some((ear) => ear[i] > -45));

/** The same of every sound that a person at this page hears. */
export const ears = async (peer, wanted) => earsOf(await recordings(peer), wanted);

/** Which of these tones a person at this page hears. */
export const hears = async (peer, wanted) => audible((await ears(peer, wanted)).flat(), wanted);

/** Which of these tones a file holds. */
export const holds = (path, wanted) => audible(earsOf([path], wanted).flat(), wanted);

/** The waves a tone is held against, in a window of a tenth of a second. */
const WINDOW = 4800;
const waves = new Map();
function wavesOf(hz) {
  const under = (wave) => Float64Array.from({ length: WINDOW }, (_, i) => (1 - Math.cos((2 * Math.PI * i) / WINDOW)) * wave((2 * Math.PI * hz * i) / 48000));
  if (!waves.has(hz)) waves.set(hz, [under(Math.cos), under(Math.sin)]);
  return waves.get(hz);
}

/** One line of a Fourier transform, 20 Hz wide, over all of a sound; in dB of a full sine. */
function loudness(samples, hz) {
  const [cosine, sine] = wavesOf(hz);
  let [power, windows] = [1e-12, 0];
  for (let from = 0; from + WINDOW <= samples.length; from += WINDOW, windows++) {
    let [re, im] = [0, 0];
    for (let i = 0; i < WINDOW; i++) {
      re += samples[from + i] * cosine[i];
      im += samples[from + i] * sine[i];
    }
    power += (4 * (re * re + im * im)) / (WINDOW * WINDOW);
  }
  return Math.round(10 * Math.log10(power / Math.max(1, windows)));
}

/** What ffprobe says of a file. */
export function probe(path) {
  return JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-count_packets', '-of', 'json', path]).toString());
}

export function readText(path) {
  return readFileSync(path, 'utf8');
}
