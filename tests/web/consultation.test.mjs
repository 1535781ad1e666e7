// The first consultation, whole: booked, held between Chromium and Firefox, recorded with consent, filed in the EMR once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { book, hears, holds, joinCall, openChromium, openFirefox, probe, signIn, startEmr, startServer, ticket, tiles, until, videos, watchVideos } from './harness.mjs';

let emr, server, api, consultation, specialist, clinic;

before(async () => {
  emr = await startEmr();
  server = await startServer({ emr: emr.url });
  api = await signIn(server);
});

after(async () => {
  await specialist?.close();
  await clinic?.close();
  emr?.stop();
  await server?.stop();
});

const remote = async (peer) => (await tiles(peer)).filter((tile) => tile.width > 0);

test('two people see and hear each other through the server', async () => {
  const site = await api.post('/sites', { kind: 'clinic', name: 'TTYT Mù Cang Chải' });
  const room = await api.post('/rooms', { site_id: site.id, name: 'Phòng hội chẩn 1' });
  consultation = await book(api, {
    room_id: room.id,
    patient: { identifier: { system: 'urn:oid:2.16.840.1.113883.2.74.1', value: '015203001234' }, name: 'Giàng A Pao', birth_date: '1961-03-02', sex: 'male' },
  });
  specialist = await openChromium({ colour: 'red', tone: 440 });
  clinic = await openFirefox({ tone: 880 });
  await specialist.init(watchVideos);
  await clinic.init(watchVideos);
  await joinCall(specialist, server, await ticket(api, consultation.id, 'BS. Lan', 'specialist'));
  await joinCall(clinic, server, await ticket(api, consultation.id, 'BS. Páo', 'host'));
  await until('the specialist to see a moving picture', async () => (await remote(specialist)).some((tile) => tile.moves));
  const red = await until('the clinic to see the red one move', async () => (await remote(clinic)).find((tile) => tile.moves));
  assert.ok(red.colour[0] > 150 && red.colour[1] < 110, `the clinic sees ${red.colour}`);
  await until('the clinic to hear 440 Hz', async () => (await hears(clinic, [440])).length === 1);
  await until('the specialist to hear 880 Hz', async () => (await hears(specialist, [880])).length === 1);
});

test('nothing is recorded until all agree, and everybody sees that it is', async () => {
  await specialist.click('record');
  for (const peer of [specialist, clinic]) {
    if (await until('a question or the sign', async () => (await peer.has('consent-yes')) || (await peer.has('recording-sign')))) {
      assert.equal(await peer.has('recording-sign'), false);
      await peer.click('consent-yes');
    }
  }
  await specialist.see('recording-sign');
  await clinic.see('recording-sign');
});

test('a third who comes late, and one who reloads, are seen and heard as before', async () => {
  const third = await openChromium({ colour: 'blue', tone: 660 });
  try {
    await joinCall(third, server, await ticket(api, consultation.id, 'ĐD. Mai', 'doctor'));
    await third.click('consent-yes'); // it is being recorded: who comes is asked
    await until('the third to see both', async () => (await remote(third)).filter((tile) => tile.moves).length === 2);
    await until('both to see the third', async () => (await remote(specialist)).length === 2 && (await remote(clinic)).length === 2);
    await third.page.reload();
    await until('the third back after a reload', async () => (await remote(third)).filter((tile) => tile.moves).length === 2);
    await until('one tile for the third', async () => (await remote(specialist)).length === 2);
    await third.click('leave');
    await until('the third gone', async () => (await tiles(specialist)).length === 1);
  } finally {
    await third.close();
  }
});

test('who comes and goes does not leave the others with elements that starve their cameras', async () => {
  for (const peer of [specialist, clinic]) {
    assert.ok((await videos(peer)).given > 2, peer.kind);
    await until(`two pictures, and none held out of sight, in ${peer.kind}`, async () => {
      const { shown, hidden } = await videos(peer);
      if (shown !== 2 || hidden) throw new Error(`${shown} are in the page, ${hidden} out of sight`);
      return true;
    });
  }
});

test('it ends, is rendered, and is filed in the record exactly once', async () => {
  await api.post(`/consultations/${consultation.id}/end`);
  const recording = await until('the recording to be ready', async () => {
    const [item] = (await api.get(`/consultations/${consultation.id}/recordings`)).items;
    return item?.state === 'ready' && (await api.get(`/recordings/${item.id}`));
  }, { timeout: 240000, every: 500 });
  const composed = recording.files.find((file) => file.kind === 'composed');
  assert.ok(recording.files.some((file) => file.kind === 'poster') && recording.files.some((file) => file.kind === 'manifest'));
  assert.ok(recording.files.filter((file) => file.kind === 'track').length >= 4, JSON.stringify(recording.files.map((file) => file.name)));

  const [delivery] = await until('the delivery', async () => {
    const { items } = await api.get(`/consultations/${consultation.id}/deliveries`);
    const fhir = items.filter((item) => item.kind === 'fhir');
    return fhir.length && fhir.every((item) => item.state === 'delivered') && fhir;
  }, { every: 500 });
  const counts = async () => Promise.all(['Encounter', 'Appointment', 'DocumentReference', 'Provenance', 'Patient'].map(async (type) => (await emr.search(type)).length));
  const once = await counts();
  await api.post(`/deliveries/${delivery.id}/retry`);
  await until('it delivered again', async () => {
    const again = await api.get(`/deliveries/${delivery.id}`);
    return again.state === 'delivered' && again.attempts > delivery.attempts;
  });
  assert.deepEqual(await counts(), once);
  const [encounter] = await emr.search('Encounter');
  assert.equal(encounter.class.code, 'VR');
  const documents = await emr.search('DocumentReference');
  assert.ok(documents.some((item) => item.content[0].attachment.size === composed.size && item.content[0].attachment.hash));
  assert.ok((await emr.search('Consent')).length >= 2);
});

test('the recording holds both pictures and both tones, in time', async () => {
  const [{ id }] = (await api.get(`/consultations/${consultation.id}/recordings`)).items;
  const { files } = await api.get(`/recordings/${id}`);
  const composed = files.find((file) => file.kind === 'composed');
  const path = join(server.dir, 'composed.webm');
  const bytes = await api.file(`/recordings/${id}/files/${composed.name}`);
  assert.equal(bytes.length, composed.size);
  writeFileSync(path, bytes);
  const { streams, format } = probe(path);
  assert.deepEqual(streams.map((stream) => stream.codec_type).sort(), ['audio', 'video']);
  assert.ok(Number(format.duration) > 3, `duration ${format.duration}`);
  assert.ok(Math.abs(Number(format.duration) * 1000 - composed.duration_ms) < 500);
  assert.deepEqual(holds(path, [440, 880]), [440, 880]);
});

test('a wrong link says what is wrong and what to do', async () => {
  await clinic.open(`${server.origin}/join#not-a-ticket`);
  const text = await until('words', async () => {
    const body = await clinic.evaluate(() => document.body.innerText);
    return body.length > 40 && body;
  });
  assert.doesNotMatch(text, /undefined|\[object|ticket_invalid/);
  assert.equal(await clinic.has('prejoin-join'), false);
});

test('no page ran into a fault', () => {
  assert.deepEqual([...specialist.errors, ...clinic.errors], []);
});
