// What two do with one another in a call, one with Chromium and one with Firefox, and nearly each thing both ways: write, raise a hand, be
// seen to speak, be made louder and softer, show a screen, look at one picture, change a device, be called away by the telephone,
// close the lid of a laptop. At the end the room is locked, and one is sent out.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { book, hears, joinCall, openChromium, openFirefox, signIn, sleep, startServer, ticket, tiles, until } from './harness.mjs';
import { readable } from './readable.mjs';

let server, api, consultation, lan, pao, pair;

/** A screen with a tone for its sound: the browser's own where it has one; Firefox without a window does not, and gets a picture that moves. */
function screenToShare() {
  if (!navigator.mediaDevices) return;
  const own = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
  const painted = () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
    const context = canvas.getContext('2d');
    setInterval(() => {
      context.fillStyle = `hsl(${Date.now() / 20} 100% 50%)`;
      context.fillRect(0, 0, 1280, 720);
    }, 66);
    return canvas.captureStream(15);
  };
  navigator.mediaDevices.getDisplayMedia = async (wanted) => {
    const sound = new AudioContext();
    const screen = await own({ ...wanted, audio: false }).catch(painted);
    const tone = new OscillatorNode(sound, { frequency: 1500 });
    const out = sound.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    return new MediaStream([...screen.getTracks(), ...(wanted.audio ? out.stream.getTracks() : [])]);
  };
}

/** One camera more under a name of its own, and every track that the page opened. */
function secondCamera() {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  globalThis.opened = [];
  const [list, open] = [devices.enumerateDevices.bind(devices), devices.getUserMedia.bind(devices)];
  devices.enumerateDevices = async () => [...(await list()), { kind: 'videoinput', deviceId: 'second', label: 'Camera thứ hai', groupId: '', toJSON: () => ({}) }];
  devices.getUserMedia = async (constraints) => {
    const second = constraints.video?.deviceId?.exact === 'second';
    const stream = await open(second ? { video: true } : constraints);
    for (const track of stream.getTracks()) {
      if (second) Object.defineProperty(track, 'label', { value: 'Camera thứ hai' });
      globalThis.opened.push(track);
    }
    return stream;
  };
}

before(async () => {
  server = await startServer();
  api = await signIn(server);
  consultation = (await book(api)).id;
  lan = await openChromium({ colour: 'red', tone: 440 });
  pao = await openFirefox({ tone: 880 });
  Object.assign(lan, { name: 'BS. Lan', tone: 440 });
  Object.assign(pao, { name: 'BS. Páo', tone: 880 });
  for (const peer of [lan, pao]) {
    await peer.init(screenToShare);
    await peer.init(secondCamera);
  }
  await joinCall(lan, server, await ticket(api, consultation, lan.name, 'host'));
  await joinCall(pao, server, await ticket(api, consultation, pao.name, 'specialist'));
  pair = [[lan, pao], [pao, lan]];
  for (const [one, other] of pair) await sees(one, other);
});
after(async () => {
  for (const peer of [lan, pao]) await peer?.close();
  await server?.stop();
});

const sees = (one) => until(`${one.name} to see the other move`, async () => (await tiles(one)).some((tile) => tile.moves));
const listens = (one, ...tones) => until(`${one.name} to hear ${tones.join(', ') || 'nothing'}`, async () => {
  const heard = await hears(one, [440, 880, 1500]);
  return heard.join() === tones.join() || Promise.reject(new Error(`hears ${heard}`));
});
const tile = (peer) => peer.evaluate(() => document.querySelector('[data-testid="remote-tile"]')?.innerText ?? '');
/** What a screen reader is told, whatever else is on the page. */
const spoken = (peer, words) => until(`"${words}" to be spoken at ${peer.name}`, () =>
  peer.evaluate((wanted) => [...document.querySelectorAll('[aria-live="polite"], [role="status"]')].some((region) => region.textContent.includes(wanted)), words));
/** Single letters are for the page only while nobody writes. */
const key = async (peer, letter) => {
  await peer.evaluate(() => document.activeElement?.blur());
  await peer.page.keyboard.press(letter);
};
const inDrawer = async (peer, letter, act) => {
  await key(peer, letter);
  await until('a drawer', () => peer.evaluate(() => document.querySelector('.drawer') !== null));
  await act();
  await peer.evaluate(() => document.querySelector('.drawer [data-back]').click());
  await until('no drawer', () => peer.evaluate(() => document.querySelector('.drawer') === null));
};

test('a word written by one is read by the other, and told to who cannot see it', async () => {
  for (const [one, other] of pair)
    await inDrawer(one, 'c', async () => {
      await one.page.waitForSelector('.chat textarea');
      await one.page.click('.chat textarea');
      await one.page.keyboard.type(`Kali 5,1 – ${one.name}`);
      await one.page.keyboard.press('Enter');
      await spoken(other, `${one.name}: Kali 5,1 – ${one.name}`);
      await inDrawer(other, 'c', () => until('the line', () => other.evaluate((text) => document.querySelector('.chat__lines')?.innerText.includes(text), `Kali 5,1 – ${one.name}`)));
    });
  const { items } = await api.get(`/consultations/${consultation}/chat`);
  assert.deepEqual(items.map(({ name, text }) => [name, text]), pair.map(([{ name }]) => [name, `Kali 5,1 – ${name}`]), 'kept with the consultation');
});

test('a hand that is raised is seen and told, until it is lowered', async () => {
  for (const [one, other] of pair) {
    await key(one, 'h');
    await spoken(other, `${one.name} giơ tay`);
    await until('the hand in the tile', async () => /Đang giơ tay/.test(await tile(other)));
    await key(one, 'h');
    await until('no hand', async () => !/Đang giơ tay/.test(await tile(other)));
  }
});

test('who speaks is marked, and one who is muted is heard no more and seen to be', async () => {
  for (const [one, other] of pair) {
    await key(one, 'm');
    await spoken(one, 'Micrô đang tắt');
    await until('the mark of who is muted', async () => /Đang tắt tiếng/.test(await tile(other)));
    await until('the other marked as the one who speaks', async () => /Đang nói/.test(await tile(one)));
    await listens(other);
    await key(one, 'm');
    await spoken(one, 'Micrô đang bật');
  }
});

test('each is as loud as the one who listens wants', async () => {
  const volumes = (peer) => peer.evaluate(() => [...document.querySelectorAll('audio')].map(({ volume }) => volume));
  for (const [one] of pair)
    await inDrawer(one, 'p', async () => {
      const slider = await one.page.waitForSelector('.people__volume input');
      await slider.focus();
      await one.page.keyboard.press('Home');
      await until('silence', async () => (await volumes(one)).includes(0));
      await one.page.keyboard.press('End');
      await until('all of it', async () => (await volumes(one)).every((volume) => volume === 1));
    });
  await listens(lan, pao.tone);
});

test('a screen is shared with its sound, the picture that is wanted is looked at large, and the window filled', async () => {
  const large = (peer) => peer.evaluate(() => document.querySelector('.tile--main')?.dataset.source);
  for (const [one, other] of pair) {
    await key(one, 'd');
    await spoken(other, `${one.name} đang chia sẻ màn hình`);
    await until('the screen, large', () => other.evaluate(() => document.querySelector('.tile--main[data-source="screen"] video')?.videoWidth > 0));
    await listens(other, one.tone, ...(one === lan ? [1500] : [])); // without a sound card Firefox makes no tone of its own
    await other.page.evaluate(() => document.querySelector('[data-testid="remote-tile"] .tile__pin').click());
    await until('the face large', async () => (await large(other)) === 'camera');
    await other.page.evaluate(() => document.querySelector('.tile--main .tile__pin').click());
    await until('the screen large again', async () => (await large(other)) === 'screen');
    if (one === lan) await readable(lan.page, 'sharing a screen');
    await key(other, 'f');
    await until('the whole screen', () => other.evaluate(() => document.fullscreenElement !== null));
    await key(other, 'f');
    await until('the window again', () => other.evaluate(() => document.fullscreenElement === null));
    await key(one, 'd');
    await until('no screen', async () => (await large(other)) !== 'screen');
  }
  await listens(pao, lan.tone); // and no more of the screen
});

test('another camera is chosen in the middle of the call', async () => {
  for (const [one, other] of pair) {
    await one.evaluate(() => document.querySelector('.bar .menu:nth-last-of-type(1) > button').click());
    await one.evaluate(() => [...document.querySelectorAll('.menu__panel button')].find(({ textContent }) => textContent.includes('Thiết bị')).click());
    await until('the devices', () => one.evaluate(() => document.querySelector('.devices select option[value="second"]') !== null));
    await one.evaluate(() => document.querySelector('.devices select').setAttribute('data-testid', 'camera-choice'));
    await one.choose('camera-choice', 'second');
    await until('only that camera', () => one.evaluate(() => globalThis.opened.filter(({ kind, readyState }) => kind === 'video' && readyState === 'live').map(({ label }) => label).join() === 'Camera thứ hai'));
    await one.evaluate(() => document.querySelector('.drawer [data-back]').click());
    await sees(other);
  }
});

test('who is called by the telephone reads why nobody hears them, and is heard again afterwards', async () => {
  const held = (is) => lan.evaluate((muted) => { // as the system takes a microphone away and gives it back
    const track = globalThis.opened.findLast(({ kind, readyState }) => kind === 'audio' && readyState === 'live');
    Object.defineProperty(track, 'muted', { value: muted, configurable: true });
    track.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
  }, is);
  await held(true);
  await lan.see('microphone-held');
  await spoken(lan, 'mọi người chưa nghe bạn');
  await held(false);
  await lan.gone('microphone-held');
});

/** All processes of a browser: stopped and let go on, they know as little of it as a laptop whose lid was closed. */
async function processesOf(peer) {
  const first = peer.kind === 'firefox' ? peer.browser.process().pid
    : (await (await peer.browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo')).processInfo.find(({ type }) => type === 'browser').id;
  const parents = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      return [[Number(pid), Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))[1])]];
    } catch {
      return []; // it has ended meanwhile
    }
  });
  const family = [first];
  for (const one of family) family.push(...parents.filter(([, parent]) => parent === one).map(([pid]) => pid));
  return family;
}

test('a laptop that slept is in the call again by itself, in either browser', async () => {
  const processes = (await Promise.all([lan, pao].map(processesOf))).flat();
  const wake = () => processes.forEach((pid) => process.kill(pid, 'SIGCONT'));
  process.once('exit', wake); // stopped half-way the test leaves nobody asleep
  processes.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  await sleep(20000); // longer than the page waits before it takes a late timer for a sleep
  process.off('exit', wake);
  wake();
  for (const [one, other] of pair) {
    await until('to be in', () => one.evaluate(() => document.querySelector('[data-testid="call"]')?.dataset.phase === 'in'));
    await sees(one);
    await listens(one, other.tone);
  }
});

test('a locked room lets nobody in, and who is sent out reads it and does not come back by the old link', async () => {
  const late = await lan.browser.newContext({ ignoreHTTPSErrors: true, permissions: ['camera', 'microphone'], locale: 'vi-VN' });
  const page = await late.newPage();
  try {
    await key(lan, 'p');
    await lan.page.getByRole('button', { name: 'Khóa phòng', exact: true }).click();
    await spoken(pao, 'Phòng đã khóa');
    await page.goto(`${server.origin}/join#${await ticket(api, consultation, 'BS. Muộn', 'doctor')}`);
    await page.click('[data-testid="prejoin-join"]');
    await page.getByText(/khóa/).first().waitFor();
    assert.equal((await tiles(lan)).length, 1, 'nobody came in');
    await readable(page, 'before a locked room');
    await lan.page.getByRole('button', { name: 'Mở khóa phòng' }).click();
    await lan.click('actions');
    await lan.click('remove');
    await lan.click('question-yes');
    await pao.see('ended');
    await pao.says('Bạn đã được mời ra khỏi phòng');
    assert.equal(await pao.has('rejoin'), false);
    await until('the host alone', async () => (await tiles(lan)).length === 0);
  } finally {
    await late.close();
  }
});

test('no page ran into a fault', () => assert.deepEqual([...lan.errors, ...pao.errors], []));
