// The matrix of bad lines: what a listener and a viewer at the far end get through each, by their browser's own statistics.
// Figures are printed for every line; what fails a test is behaviour, at two or three times issue 3's aims: a page that waits for its
// processor hears and shows less than came.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hears, tiles } from '../web/harness.mjs';
import { LINKS } from './links.mjs';
import { Consultation, sees, until } from './people.mjs';
import { MIDDLE, TOP, late, layerChanges, within, recovers as lineRecovers, run as runLine } from './rows.mjs';
import { figures, samplesOf, settled } from './watch.mjs';

let room, near, far;
/** Whatever becomes of a test, its line is not the next one's. */
function run(t, name) {
  t.after(() => room.lab.heal());
  return runLine(t, room, far, name);
}
const recovers = (t, since) => lineRecovers(t, room, far, since);

/** Per cent concealed while a line's fall is met, while what flows adapts, and later. */
const madeUp = (part) => [[0, 4], [4, 10], [10, 24]].map(([from, to]) => figures(within(part, from, to)).concealed).join(', ');

before(async () => {
  room = await Consultation.open();
  near = await room.near();
  far = await room.far();
  await sees(far, TOP);
});
after(() => room?.close());

test('64 kbit/s with 10 % loss and 400 ms round trip: sound goes on', async (t) => {
  const [thin] = await run(t, 'thin');
  const calm = figures(late(thin, 10));
  const there = { samples: await samplesOf(near, thin.since), since: thin.since };
  const heardOf = figures(late(there, 10));
  t.diagnostic(`after 10 s: ${calm.concealed} % concealed, ${heardOf.concealed} % of what the other hears of them (aim 5); ` +
    `0 to 4, to 10, to 24 s: ${madeUp(thin)} %, there ${madeUp(there)} %`);
  assert.ok(calm.gap < 1500, `${calm.gap} ms without a packet of sound`);
  assert.ok(calm.concealed < 10, `${calm.concealed} % concealed`);
  assert.ok(heardOf.gap < 1500, `${heardOf.gap} ms without a packet of their sound`);
  assert.ok(heardOf.concealed < 10, `${heardOf.concealed} % concealed of what the other hears of them`);
  assert.ok(calm.still < 16000, `${calm.still} ms without a still (aim 10000)`);
  assert.ok(calm.kbps < 64, `${calm.kbps} kbit/s of pictures on a line that has no room for them`);
  await recovers(t);
});

test('300 kbit/s with 5 % loss in bursts: sound whole, the picture moves', async (t) => {
  const [bursts] = await run(t, 'bursts');
  const calm = figures(late(bursts, 10));
  t.diagnostic(`after 10 s: ${calm.concealed} % concealed (aim 5), ${calm.fps} frames a second`);
  assert.ok(calm.concealed < 10, `${calm.concealed} % concealed`);
  assert.ok(calm.gap < 1500, `${calm.gap} ms without a packet of sound`);
  assert.ok(calm.fps > 4, `${calm.fps} frames a second`);
  await recovers(t);
});

test('1 Mbit/s cut to 200 kbit/s and back: sound stays, the picture yields and comes back', async (t) => {
  const [wide, cut, again] = await run(t, 'cut');
  const steady = figures(late(wide, 6));
  assert.ok(steady.fps > 1, `on 1 Mbit/s: ${JSON.stringify(steady)}`);
  const changes = layerChanges(late(wide, 6));
  t.diagnostic(`${changes} layer changes in 6 s of a steady line (aim: 1 in 10 s)`);
  assert.ok(changes <= 2, `${changes} layer changes on a steady line`);
  const after = figures(late(cut, 6));
  const cutChanges = layerChanges(late(cut, 6));
  t.diagnostic(`6 s after the cut: ${after.fps} frames a second, ${cutChanges} layer changes, ${after.concealed} % concealed; longest without sound ${figures(cut.samples).gap} ms (aim 200)`);
  assert.ok(figures(cut.samples).gap < 1000, 'sound stopped');
  assert.ok(after.concealed < 12, `${after.concealed} % concealed`);
  assert.ok(after.fps > 3, `${after.fps} frames a second`);
  assert.ok(cutChanges <= 2, `${cutChanges} layer changes after the cut`);
  assert.ok(after.kbps < 200);
  const back = settled(again.samples, again.since, (step) => step.width >= MIDDLE && step.frames > 0, 1000);
  t.diagnostic(`the layer that fits again after ${back} ms (aim 10000)`);
  assert.ok(back !== null, 'the picture did not come back');
  await recovers(t);
});

test('30 % loss on a wide line: the picture moves, speech is repaired', async (t) => {
  const [lossy] = await run(t, 'lossy');
  const calm = figures(late(lossy, 8));
  t.diagnostic(`after 8 s: ${calm.concealed} % concealed (aim 5), ${calm.fps} frames a second`);
  assert.ok(calm.concealed < 10, `${calm.concealed} % concealed`);
  assert.ok(calm.fps > 4, `${calm.fps} frames a second`);
  await recovers(t);
});

/** Nothing of the call goes on, and the page does not say that it does. */
const saysThatItIsGone = () => until('the page to say that the line is gone', () =>
  far.evaluate(() => /^Mất đường truyền/.test(document.querySelector('[data-testid="reconnecting"]')?.textContent.trim() ?? '')), { timeout: 45_000 });

for (const name of ['outage10', 'outage60'])
  test(`${LINKS[name].words}: everybody is back without a click`, async (t) => {
    const [[, back]] = await Promise.all([run(t, name), name === 'outage60' && saysThatItIsGone()]);
    const sound = settled(back.samples, back.since, (step) => step.audioPackets > 0, 500);
    const theirs = settled(await samplesOf(near, back.since), back.since, (step) => step.audioPackets > 0, 500);
    t.diagnostic(`sound again after ${sound} ms here and ${theirs} ms there (aim 2000)`);
    await recovers(t, back.since);
    await until('the other to hear them', async () => (await hears(near, [660])).length === 1);
    await until('the other to see them', async () => (await tiles(near)).some((tile) => tile.moves));
  });

test('no page ran into a fault', () => {
  assert.deepEqual([...near.errors, ...far.errors], []);
});
