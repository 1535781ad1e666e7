// Who has two ways to the server from the beginning, as a laptop with a cable and Wi-Fi, and loses the one in use. `make lab`.
import { after, before, test } from 'node:test';
import { Consultation, hearOneAnother, sleep, soundAgain, until } from './people.mjs';
import { samplesOf } from './watch.mjs';

let room, near;
before(async () => {
  room = await Consultation.open();
  room.lab.addSpare();
  near = await room.near();
});
after(() => room?.close());

for (const browser of ['chromium', 'firefox']) test(`who has two ways and loses the one in use goes on by the other: ${browser}`, async (t) => {
  const peer = await room.far({ firefox: browser === 'firefox' });
  const from = async () => (await samplesOf(peer)).findLast((sample) => sample.from)?.from;
  await hearOneAnother(near, peer);
  await sleep(3000);
  const used = await from();
  const device = used.startsWith('10.78.') ? 'spare' : 'wan';
  const since = Date.now();
  room.lab.far.cut(device);
  await sleep(7000);
  const [here, there] = await Promise.all([peer, near].map((one) => soundAgain(one, since)));
  t.diagnostic(`sound settled after ${here.after} ms here and ${there.after} ms there; longest without: ${here.gap} and ${there.gap} ms (aim 500)`);
  await until('the other way', async () => (await from()) !== used);
  await hearOneAnother(near, peer);
  await room.leave(peer);
  room.lab.far.restore(device);
});
