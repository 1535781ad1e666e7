// Two rows of the matrix with Firefox at the far end: it knows no redundant sound, so each packet is sent to
// it again whole.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Consultation, sees } from './people.mjs';
import { MIDDLE, late, recovers, run } from './rows.mjs';
import { figures, samplesOf } from './watch.mjs';

let room, near, far;

before(async () => {
  room = await Consultation.open();
  near = await room.near();
  far = await room.far({ firefox: true });
  await sees(far, MIDDLE, 60000); // beside a Firefox the other's encoder may be too short of a processor for the top layer
});
after(() => room?.close());

for (const { name, seconds, most } of [{ name: 'bursts', seconds: 10, most: 15 }, { name: 'lossy', seconds: 8, most: 15 }])
  test(`Firefox behind ${name}: sound goes on, the picture moves`, async (t) => {
    const [part] = await run(t, room, far, name);
    const calm = figures(late(part, seconds));
    const heard = figures(await samplesOf(near, part.since + seconds * 1000));
    t.diagnostic(`the other hears ${JSON.stringify(heard)}`);
    t.diagnostic(`after ${seconds} s: ${calm.concealed} % concealed (aim 5), ${calm.fps} frames a second`);
    assert.ok(calm.concealed < most, `${calm.concealed} % concealed`);
    assert.ok(calm.gap < 1500, `${calm.gap} ms without a packet of sound`);
    // It sent the least of its largest size into the line and stopped for nothing: then most of its sound was lost, too.
    assert.ok(heard.concealed < most, `the other hears ${heard.concealed} % concealed`);
    assert.ok(calm.fps > 1, `${calm.fps} frames a second`);
    await recovers(t, room, far, Date.now(), MIDDLE);
  });
