// Speech that is sent on demand ([media] dtx): in silence next to nothing travels, and the listener misses nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { samplesOf, watch } from '../net/watch.mjs';
import { book, hears, joinCall, openChromium, signIn, startServer, ticket, until } from './harness.mjs';

const SILENCE_S = 5;
let server, speaker, listener;

before(async () => {
  server = await startServer({ config: '[media]\ndtx=1\n' });
  const api = await signIn(server);
  const { id } = await book(api);
  [speaker, listener] = [await openChromium({ tone: 440, pause: SILENCE_S }), await openChromium({ colour: 'green', tone: 660 })];
  await watch(listener);
  await joinCall(speaker, server, await ticket(api, id, 'BS. Lan'));
  await joinCall(listener, server, await ticket(api, id, 'ĐD. Mai'));
});
after(async () => {
  for (const peer of [speaker, listener]) await peer?.close();
  await server?.stop();
});

/** Packets of sound in each stretch of two seconds that has been. */
function rates(samples) {
  const counts = [];
  for (const [i, { at, audioPackets }] of samples.entries()) {
    const later = samples.slice(i).find((sample) => sample.at >= at + 2000);
    if (later) counts.push((1000 * (later.audioPackets - audioPackets)) / (later.at - at));
  }
  return counts;
}

test('whoever is silent sends fewer than ten packets a second, and is heard whole again', async (t) => {
  const since = Date.now();
  await until('silence and speech', async () => {
    const seen = rates(await samplesOf(listener, since));
    return Math.min(...seen) < 10 && Math.max(...seen) > 30;
  });
  await until('the tone', async () => (await hears(listener, [440])).length === 1);
  const samples = await samplesOf(listener, since);
  const [first, last] = [samples[0], samples.at(-1)];
  const concealed = (100 * (last.concealed - first.concealed)) / (last.heard - first.heard);
  const seen = rates(samples);
  t.diagnostic(`${Math.min(...seen).toFixed(1)} to ${Math.max(...seen).toFixed(1)} packets a second, ${concealed.toFixed(1)} % concealed`);
  assert.ok(concealed < 10, `${concealed} % concealed: silence passes for loss`);
  assert.equal(await listener.evaluate(() => document.querySelector('[data-testid="call"]').dataset.phase), 'in');
});
