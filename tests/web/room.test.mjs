// Roles in the room, as the people in it meet them: who waits and who lets in, who may do what, who holds the chair.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { book, openChromium, signIn, startServer, ticket, tiles, until } from './harness.mjs';

const at = (id) => `[data-testid="${id}"]`;
let server, api, browser, consultation;
const errors = [];

before(async () => {
  server = await startServer();
  api = await signIn(server);
  ({ browser } = await openChromium({ colour: 'red', tone: 440 }));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A microphone that hums one tone, so that who is heard can be told. */
function hum(frequency) {
  const devices = navigator.mediaDevices;
  const original = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await original(constraints);
    if (!constraints.audio) return stream;
    const context = new AudioContext();
    const oscillator = new OscillatorNode(context, { frequency });
    const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    oscillator.connect(destination);
    oscillator.start();
    for (const track of stream.getAudioTracks()) {
      track.stop();
      stream.removeTrack(track);
    }
    stream.addTrack(destination.stream.getAudioTracks()[0]);
    return stream;
  };
}

/** Somebody at a machine of their own, in front of the consultation. */
async function person(name, role, { tone, locale = 'vi-VN' } = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 720 }, locale, permissions: ['camera', 'microphone'] });
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(`${name}: ${error}`));
  if (tone) await page.addInitScript(hum, tone);
  await page.goto(`${server.origin}/join#${await ticket(api, consultation.id, name, role)}`);
  await page.locator(at('prejoin-join')).click();
  await page.locator(at('call')).waitFor();
  return {
    name, page,
    click: (id, options) => page.locator(at(id)).first().click(options),
    see: (id) => page.locator(at(id)).first().waitFor({ timeout: 20000 }),
    gone: (id) => page.locator(at(id)).first().waitFor({ state: 'detached', timeout: 20000 }),
    has: async (id) => (await page.locator(at(id)).count()) > 0,
    says: (text) => page.getByText(text).first().waitFor({ timeout: 20000 }),
    leave: () => context.close(),
  };
}

const seen = async (peer) => (await tiles(peer)).filter((tile) => tile.moves).length;

async function clean(peer, where) {
  const { violations } = await new AxeBuilder({ page: peer.page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), [], where);
}

/** Opens what may be done about somebody in the people's drawer. */
async function actionsFor(peer, name) {
  await peer.page.locator('.people__row', { hasText: name }).locator(at('actions')).click();
}

test('a patient waits outside, is spoken to, and is let in', async () => {
  consultation = await book(api, { waiting_room: true });
  const host = await person('BS. Páo', 'host');
  const patient = await person('Bà Mây', 'patient');
  await patient.see('waiting-room');
  await host.see('door');
  await host.says('Bà Mây đang đợi ở phòng chờ');
  await host.page.keyboard.press('p');
  await host.page.getByText('Nhắn cho người đợi').click();
  await host.page.locator(at('word-to')).fill('Bác sĩ sẽ gặp bà sau ít phút');
  await host.page.keyboard.press('Enter');
  await patient.says('Bác sĩ sẽ gặp bà sau ít phút');
  await clean(host, 'the door and the waiting list');
  await clean(patient, 'the waiting room');
  assert.equal(await seen(patient), 0, 'who waits sees nobody');
  await host.click('door-admit');
  await until('the patient to see the doctor', async () => (await seen(patient)) === 1);
  await host.gone('door');
  assert.equal(await patient.has('record'), false, 'a patient is not offered what is not theirs');
  await patient.leave();
  await host.leave();
});

test('one is silenced, asked to speak, and handed the chair; who leaves it is followed', async () => {
  consultation = await book(api);
  const host = await person('BS. Páo', 'host');
  const lan = await person('BS. Lan', 'specialist');
  await until('both to see each other', async () => (await seen(host)) === 1 && (await seen(lan)) === 1);
  await host.page.keyboard.press('p');
  await actionsFor(host, 'BS. Lan');
  await host.click('mute');
  await lan.says('Micrô của bạn đã bị tắt tiếng');
  await host.click('invite');
  await lan.see('invitation');
  await lan.says('BS. Páo mời bạn nói');
  await clean(lan, 'asked to speak');
  await lan.click('invitation-yes');
  await host.see('mute'); // her microphone is on again
  await host.click('make-host');
  await host.click('question-yes');
  await lan.says('Bạn là chủ tọa của buổi này');
  await host.says('Bạn không còn là chủ tọa');
  assert.equal(await host.has('remove'), false, 'the former host is offered nothing of a host');
  await lan.click('leave');
  await host.says('Bạn là chủ tọa của buổi này');
  await host.leave();
  await lan.leave();
});

test('no page ran into a fault', () => assert.deepEqual(errors, []));
