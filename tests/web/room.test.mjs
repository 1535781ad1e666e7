// The room as the people in it meet it: who waits and who lets in, who may do what, who holds the chair; what each agreed
// to and takes back; who talks apart; who listens to the interpreter. At the end a patient with Firefox goes through all that a
// patient meets.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { anotherPage, book, hears, joinCall, openChromium, openFirefox, signIn, startServer, ticket, tiles, until } from './harness.mjs';
import { readable } from './readable.mjs';

const at = (id) => `[data-testid="${id}"]`;
let server, api, browser, consultation;
const errors = [];

before(async () => {
  server = await startServer();
  api = await signIn(server);
  ({ browser } = await openChromium({ colour: 'red', tone: 440 }));
});

// Whatever became of a test, its people do not weigh on the next one.
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
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
async function person(name, role, { tone, language = 'vi' } = {}) {
  const page = await anotherPage({ browser });
  page.on('pageerror', (error) => errors.push(`${name}: ${error}`));
  await page.addInitScript((chosen) => localStorage.setItem('hoichan.language', chosen), language);
  if (tone) await page.addInitScript(hum, tone);
  await page.goto(`${server.origin}/join#${await ticket(api, consultation.id, name, role)}`);
  await page.locator(at('prejoin-join')).click();
  await page.locator(at('call')).waitFor();
  return {
    name, page,
    click: (id, options) => page.locator(at(id)).first().click(options),
    see: (id) => page.locator(at(id)).first().waitFor(),
    gone: (id) => page.locator(at(id)).first().waitFor({ state: 'detached' }),
    has: async (id) => (await page.locator(at(id)).count()) > 0,
    evaluate: (...args) => page.evaluate(...args),
    says: (text) => page.getByText(text).first().waitFor(),
  };
}

/** Waits until somebody hears exactly these voices of all four there are; what was on its way may still come. */
const hearing = (peer, ...tones) => until(`${peer.name ?? 'the patient'} to hear ${tones.join(', ') || 'nobody'}`, async () => {
  const found = await hears(peer, [440, 660, 880, 1500]);
  return found.join() === tones.join() || Promise.reject(new Error(`hears ${found}`));
});
const seen = async (peer) => (await tiles(peer)).filter((tile) => tile.moves).length;

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
  await readable(host.page, 'the door and the waiting list');
  await readable(patient.page, 'the waiting room');
  assert.equal(await seen(patient), 0, 'who waits sees nobody');
  await host.click('door-admit');
  await until('the patient to see the doctor', async () => (await seen(patient)) === 1);
  await host.gone('door');
  assert.equal(await patient.has('record'), false, 'a patient is not offered what is not theirs');
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
  await readable(lan.page, 'asked to speak');
  await lan.click('invitation-yes');
  await host.see('mute'); // her microphone is on again
  await host.click('make-host');
  await host.click('question-yes');
  await Promise.all([lan.says('Bạn là chủ tọa của buổi này'), host.says('Bạn không còn là chủ tọa')]); // they go when they have been read
  assert.equal(await host.has('remove'), false, 'the former host is offered nothing of a host');
  await lan.click('leave');
  await host.says('Bạn là chủ tọa của buổi này');
});

/** The word of one voice of this seat for one purpose, in the consent drawer. */
async function sayIn(peer, purpose, voice, button) {
  await peer.click('consents-open');
  const said = `${at('consent')}[data-purpose="${purpose}"][data-voice="${voice}"] ${at(button)}`;
  await peer.page.waitForSelector(said);
  await peer.page.click(said);
  await peer.page.keyboard.press('Escape');
  await peer.gone('consents');
}

const ledger = async () => (await api.get(`/consultations/${consultation.id}/consents`)).items.map((row) => `${row.purpose} ${row.granted}${row.for_patient ? ' patient' : ''}`);

test('each purpose is asked in plain words, taken back at any time, and obeyed at once', async () => {
  consultation = await book(api);
  const doctor = await person('BS. Páo', 'doctor');
  const patient = await person('Bà Mây', 'patient');
  await patient.see('ask-take-part');
  await readable(patient.page, 'the question of taking part');
  await patient.click('ask-yes');
  const student = await person('SV. Tú', 'observer', { language: 'en' });
  await until('the observer to see the doctor alone', async () => (await seen(student)) === 1);
  await patient.see('ask-observers');
  await patient.says('SV. Tú xin xem buổi này');
  await patient.click('ask-yes');
  await until('the observer to see the patient too', async () => (await seen(student)) === 2);
  await sayIn(patient, 'observers', 'own', 'consent-withdraw');
  await until('the observer to see the doctor alone again', async () => (await seen(student)) === 1);
  await doctor.see('ask-observers'); // for the patient who may sit beside
  await doctor.click('ask-nobody');
  await doctor.click('consents-open');
  await doctor.says('Có người dự xem');
  await readable(doctor.page, 'the consent drawer');
  await doctor.page.keyboard.press('Escape');
  await student.click('consents-open');
  await student.says('Bà Mây');
  await readable(student.page, 'the consent drawer in English');
  await student.page.keyboard.press('Escape');

  await sayIn(doctor, 'take-part', 'patient', 'consent-withdraw');
  await doctor.see('held');
  await patient.says('Người bệnh không tham gia nữa');
  await until('nobody to see the doctor\'s seat', async () => (await seen(student)) === 0 && (await seen(patient)) === 0);
  await doctor.click('patient-left');
  await until('the seat to be seen again', async () => (await seen(patient)) === 1);

  await sayIn(patient, 'take-part', 'own', 'consent-withdraw').catch(() => undefined); // the drawer goes with the call
  await patient.says('Bạn đã rút lại việc tham gia');
  await until('the doctor to be alone with the student', async () => (await seen(doctor)) === 0);
  const rows = await ledger();
  for (const row of ['take-part true', 'observers true', 'observers false', 'take-part false patient', 'take-part false']) assert.ok(rows.includes(row), `${row} is not in ${rows}`);
});

test('doctors talk apart: the patient neither sees nor hears them, and knows it', async () => {
  consultation = await book(api);
  const host = await person('BS. Páo', 'host', { tone: 440 });
  const lan = await person('BS. Lan', 'specialist', { tone: 660 });
  const patient = await person('Bà Mây', 'patient', { tone: 880 });
  await patient.click('ask-yes');
  await until('the patient to see both', async () => (await seen(patient)) === 2);
  await hearing(patient, 440, 660);
  await lan.page.keyboard.press('p');
  await lan.click('side-open');
  await readable(lan.page, 'choosing whom to talk apart with');
  await lan.click('side-start');
  for (const one of [host, lan, patient]) await one.see('side-talk');
  await patient.says('Các bác sĩ đang trao đổi riêng');
  await until('the patient to see nobody', async () => (await seen(patient)) === 0);
  await hearing(patient);
  await hearing(host, 660, 880);
  await readable(patient.page, 'while others talk apart');
  await host.click('side-stop');
  await patient.gone('side-talk');
  await until('the patient to see both again', async () => (await seen(patient)) === 2);
});

test('an interpreter is heard by who chose the channel, over a quiet original', async () => {
  consultation = await book(api);
  const doctor = await person('BS. Páo', 'doctor', { tone: 440 });
  const interpreter = await person('Mai', 'interpreter', { tone: 1500 });
  const patient = await person('Bà Mây', 'patient', { tone: 880 });
  await patient.click('ask-yes');
  await interpreter.click('channel-speak');
  await patient.see('channel-listen');
  await hearing(patient, 440);
  await patient.click('channel-listen');
  await hearing(patient, 440, 1500);
  await interpreter.says('chỉ 1 người');
  await until('the original beneath the interpreter', async () => {
    const volumes = await patient.evaluate(() => [...document.querySelectorAll('audio')].map((audio) => audio.volume));
    return (volumes.some((volume) => volume < 0.3) && volumes.some((volume) => volume === 1)) || Promise.reject(new Error(`volumes ${volumes}`));
  });
  await hearing(doctor, 880); // who did not choose the channel
  await readable(patient.page, 'listening to the interpreter');
});

test('a patient with Firefox waits, is let in, says who may look on, is silenced and asked to speak, is left out of what doctors say apart, and listens to the interpreter', async () => {
  consultation = await book(api, { waiting_room: true });
  const host = await person('BS. Páo', 'host', { tone: 440 });
  const patient = await openFirefox({ tone: 880 });
  try {
    await joinCall(patient, server, await ticket(api, consultation.id, 'Bà Mây', 'patient'));
    await patient.see('waiting-room');
    assert.equal(await seen(patient), 0, 'who waits sees nobody');
    await host.click('door-admit');
    await patient.click('ask-yes');
    await until('the patient to see the doctor', async () => (await seen(patient)) === 1);
    await hearing(patient, 440);
    await hearing(host, 880);

    const student = await person('SV. Tú', 'observer');
    await host.click('door-admit');
    await patient.says('SV. Tú xin xem buổi này');
    await until('the observer to see the doctor alone', async () => (await seen(student)) === 1);
    await patient.click('ask-yes');
    await until('the observer to see the patient too', async () => (await seen(student)) === 2);
    await sayIn(patient, 'observers', 'own', 'consent-withdraw');
    await until('the observer to see the doctor alone again', async () => (await seen(student)) === 1);
    await host.click('ask-nobody'); // who sits beside the doctor
    await student.click('leave');

    await host.page.keyboard.press('p');
    await actionsFor(host, 'Bà Mây');
    await host.click('mute');
    await patient.says('Micrô của bạn đã bị tắt tiếng');
    await hearing(host);
    await host.click('invite');
    await patient.click('invitation-yes');
    await host.see('mute'); // the microphone is on again

    const interpreter = await person('Mai', 'interpreter', { tone: 1500 });
    await interpreter.click('camera'); // one picture is enough for a machine of two cores
    await host.click('door-admit');
    await (await person('BS. Lan', 'specialist', { tone: 660 })).click('camera');
    await hearing(patient, 440, 660, 1500);
    await host.click('side-open');
    await host.click('side-start');
    await patient.says('Các bác sĩ đang trao đổi riêng');
    await until('the patient to see nobody', async () => (await seen(patient)) === 0);
    await hearing(patient, 1500); // the interpreter stays with them
    await hearing(host, 660, 880, 1500);
    await host.click('side-stop');
    await patient.gone('side-talk');
    await until('the patient to see the doctor again', async () => (await seen(patient)) === 1);

    await interpreter.click('channel-speak');
    await patient.click('channel-listen');
    await hearing(patient, 440, 660, 1500);
    await hearing(host, 660, 880);
    assert.deepEqual(patient.errors, []);
  } finally {
    await patient.close();
  }
});

/** An encoder without a person: a page that only sends, by WHIP. */
async function encoder(name) {
  const page = await anotherPage({ browser });
  await page.goto(`${server.origin}/offline.html`);
  await page.evaluate(async ([consultationId, bearer]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const context = canvas.getContext('2d');
    setInterval(() => { context.fillStyle = `hsl(${Date.now() / 20} 100% 50%)`; context.fillRect(0, 0, 320, 180); }, 66);
    const connection = (globalThis.connection = new RTCPeerConnection());
    connection.addTransceiver(canvas.captureStream(15).getVideoTracks()[0], { direction: 'sendonly' });
    await connection.setLocalDescription(await connection.createOffer());
    const answer = await fetch(`/whip/${consultationId}`, { method: 'POST', body: connection.localDescription.sdp, headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/sdp' } });
    await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  }, [consultation.id, await ticket(api, consultation.id, name, 'doctor')]);
}

test('a device without a person is recorded once the host agrees for it', async () => {
  consultation = await book(api);
  const host = await person('BS. Páo', 'host');
  await encoder('Camera phòng mổ');
  await until('the device to be seen', async () => (await seen(host)) === 1);
  await host.click('record');
  await host.click('consent-yes');
  await host.see('recording-sign');
  await host.page.keyboard.press('p');
  await actionsFor(host, 'Camera phòng mổ');
  await host.click('record-device');
  await until('the device among those who are recorded', async () => (await host.page.locator('.sign__detail').first().textContent()).includes('Camera phòng mổ'));
  await host.gone('record-device');
  const words = (await api.get(`/consultations/${consultation.id}/consents`)).items.filter(({ purpose }) => purpose === 'record');
  assert.equal(words.length, 2);
});

test('no page ran into a fault', () => assert.deepEqual(errors, []));
