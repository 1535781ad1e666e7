// What a thin line still carries beside the sound: sharp stills instead of a picture that does not fit, told in words;
// a photograph at the camera's full resolution, through a break; sound in longer packets that is not held back for either;
// lost sound sent again on the way to the server.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Consultation, during, sees, sleep, until } from './people.mjs';
import { TOP } from './rows.mjs';
import { figures, samplesOf } from './watch.mjs';

let room, near, far;

before(async () => {
  room = await Consultation.open();
  near = await room.near();
  far = await room.far({ size: '1920x1080' });
  await sees(far, TOP);
});
after(() => room?.close());

/** Sums of what the page's connections say of sound, by direction. */
const sound = (peer) => peer.evaluate(async () => {
  const sum = { held: 0, played: 0, sent: 0, again: 0, asked: 0 };
  for (const connection of globalThis.connections)
    for (const stat of (await connection.getStats()).values()) {
      if (stat.kind !== 'audio') continue;
      if (stat.type === 'inbound-rtp') {
        sum.held += stat.jitterBufferDelay ?? 0;
        sum.played += stat.jitterBufferEmittedCount ?? 0;
      } else if (stat.type === 'outbound-rtp') {
        sum.sent += stat.packetsSent ?? 0;
        sum.again += stat.retransmittedPacketsSent ?? 0;
        sum.asked += stat.nackCount ?? 0;
      }
    }
  return sum;
});

const tile = (peer) => peer.evaluate(() => {
  const found = document.querySelector('[data-testid="remote-tile"]');
  return { state: found?.getAttribute('data-state'), words: found?.querySelector('.tile__note')?.textContent ?? '' };
});

test('on 90 kbit/s stills come, the tile says so, and the sound does not wait for them', async (t) => {
  await room.lab.both({ rate: '90k', delay: 40, queue: 300 });
  const shown = await until('stills in the tile', async () => {
    const now = await tile(far);
    return now.state === 'stills' && now.words ? now : null;
  });
  assert.match(shown.words, /ảnh từng lúc vì đường/);
  const before = await sound(far);
  const shownOf = async () => (await samplesOf(far)).at(-1).frames;
  const samples = await during(far, async () => {
    const first = await shownOf();
    await sleep(20000);
    await until('two more stills', async () => (await shownOf()) >= first + 2);
  });
  const now = await sound(far);
  const held = (1000 * (now.held - before.held)) / (now.played - before.played);
  const got = figures(samples);
  t.diagnostic(`longest without a still ${got.still} ms, ${got.width} wide, ${got.concealed} % concealed, sound held ${Math.round(held)} ms`);
  assert.ok(got.width >= 240, `${got.width} wide`);
  assert.ok(got.fps < 2, `${got.fps} frames a second are no stills`);
  assert.ok(held < 1500, `sound is held back for ${held} ms`);
});

/** The picture that waits in this seat's browser to be sent: its SHA-256 and its size. */
const waiting = (peer) => peer.evaluate(async () => {
  const store = await new Promise((done, fail) => {
    const opening = indexedDB.open('hoichan-uploads');
    Object.assign(opening, { onsuccess: () => done(opening.result), onerror: fail });
  });
  const [parcel] = await new Promise((done, fail) => {
    const asked = store.transaction('parcels').objectStore('parcels').getAll();
    Object.assign(asked, { onsuccess: () => done(asked.result), onerror: fail });
  });
  store.close();
  if (!parcel) return null;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await parcel.blob.arrayBuffer()));
  return { sha256: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join(''), size: parcel.blob.size };
});

test('a photograph at full resolution comes whole over a starving line that breaks on the way, and the sound does not suffer for it', async (t) => {
  t.after(() => room.lab.both({ down: 0 }));
  const state = async () => (await room.api.get(`/consultations/${room.id}/files`)).items.find(({ kind }) => kind === 'still');
  await near.page.keyboard.press('s');
  await far.click('photograph-yes');
  const began = Date.now();
  await near.see('still');
  t.diagnostic(`a thumbnail after ${Date.now() - began} ms`);
  const sent = await until('the picture in the far browser', () => waiting(far));
  await until('some of it at the server', () => near.evaluate(() => /[1-9]/.exec(document.querySelector('[data-testid="still-progress"]')?.textContent ?? '')));
  const broke = Date.now();
  await room.lab.both({ down: 1 });
  await sleep(5000);
  assert.notEqual((await state()).state, 'ready', 'it broke on the way');
  await room.lab.both({ down: 0 });
  const healed = Date.now();
  await until('the whole picture', async () => (await state()).state === 'ready');
  const ready = Date.now();
  for (const peer of [near, far]) await until('the full picture on the page', () => peer.evaluate(() => document.querySelector('[data-testid="still-picture"]')?.getAttribute('data-full') === 'true'));
  const file = await state();
  assert.equal(`${file.width}x${file.height}`, '1920x1080');
  assert.equal(createHash('sha256').update(await room.api.file(`/consultations/${room.id}/files/${file.id}/content`)).digest('hex'), sent.sha256);
  assert.equal(await far.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/content'))), false, 'who sent it does not fetch it back');
  for (const [who, peer] of [['near', near], ['far', far]]) {
    const heard = [figures((await samplesOf(peer, began)).filter(({ at }) => at < broke)), figures((await samplesOf(peer, healed + 3000)).filter(({ at }) => at < ready))];
    t.diagnostic(`${who}, before and after the break: ${heard.map(({ concealed, gap, seconds }) => `${concealed} % concealed, at most ${gap} ms without a packet in ${seconds} s`).join('; ')}`);
    for (const { concealed, seconds } of heard) assert.ok(seconds < 2 || concealed < 15, `${who} hears ${concealed} % made up`);
  }
  t.diagnostic(`${sent.size} bytes whole ${ready - began - (healed - broke)} ms after the yes, the break not counted`);
  for (const peer of [near, far]) await peer.click('still-close');
});

test('who speaks over a thin line, or to one, sends longer packets', async (t) => {
  t.after(() => room.lab.heal());
  const rate = async (peer) => {
    const before = await sound(peer);
    await sleep(4000);
    return ((await sound(peer)).sent - before.sent) / 4;
  };
  await until('packets of 60 ms', async () => (await rate(near)) < 25);
  await room.lab.heal();
  await until('the picture to move again', async () => (await tile(far)).state === 'live' && figures(await samplesOf(far, Date.now() - 2000)).fps > 4);
  await until('packets of 20 ms again', async () => (await rate(near)) > 40);
});

test('sound that is lost on the way to the server is sent again', async (t) => {
  t.after(() => room.lab.heal());
  const before = await sound(far);
  await room.lab.down({ loss: 10, delay: 20 });
  await until('repeated packets of sound', async () => {
    const { asked, again } = await sound(far);
    return asked > before.asked && again > before.again;
  });
});
