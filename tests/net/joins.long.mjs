// A clinic joins over a line that is thin already. Its page has been opened before (all of it is kept for the next time).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LINKS } from './links.mjs';
import { Consultation, sees, sleep, until } from './people.mjs';
import { MIDDLE, late, within } from './rows.mjs';
import { figures, samplesOf } from './watch.mjs';

let room, near;

before(async () => {
  room = await Consultation.open();
  near = await room.near();
});
after(() => room?.close());

for (const browser of ['chromium', 'firefox'])
  test(`${browser} joins over ${LINKS.thin.words}: it hears, and sees a still`, async (t) => {
    const thin = async () => {
      await sleep(5000); // the rest of the page comes meanwhile
      await room.lab.both(LINKS.thin.steps[0].both);
    };
    const clinic = await room.far({ firefox: browser === 'firefox', ready: thin });
    const first = await until('sound', async () => (await samplesOf(clinic)).find(({ audioPackets }) => audioPackets > 0), { timeout: 60000 });
    await sleep(30000);
    const part = { samples: await samplesOf(clinic), since: first.at };
    const [begun, on] = [within(part, 0, 6), late(part, 6)].map(figures);
    const heard = figures(await samplesOf(near, first.at + 6000));
    t.diagnostic(`sound ${first.at - clinic.clicked} ms after the click; 6 s: ${JSON.stringify(begun)}; then: ${JSON.stringify(on)}; the other hears ${heard.concealed} % concealed`);
    assert.ok(on.concealed < 20, `${on.concealed} % concealed`);
    await until('a still', async () => (await samplesOf(clinic)).at(-1).frames > 0);
    await room.lab.heal();
    await sees(clinic, MIDDLE);
    await room.leave(clinic);
  });
