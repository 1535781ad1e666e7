// Real browsers behind a NAT that gives each flow a port of its own (symmetric), and forgets them in the middle of a call: as a mobile
// carrier's does, or a router that is started anew. The address stays, the ports change, and no browser is told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Consultation, hearOneAnother, sleep, soundAgain, until } from './people.mjs';
import { wayIn } from './watch.mjs';

let room, near;
before(async () => {
  room = await Consultation.open({ light: true });
  room.lab.addHome();
  near = await room.near();
});
after(() => room?.close());

/** The router forgets `protocols`; how long sound was missed here and there. */
async function forgotten(t, peer, protocols) {
  const { port } = await wayIn(peer);
  const before = room.lab.outside('udp', port);
  assert.ok(before.length > 0, 'the router knows a flow');
  const since = Date.now();
  for (const protocol of protocols) room.lab.forget(protocol);
  await until('media to leave by another port', () => {
    const now = room.lab.outside('udp', port);
    return now.length > 0 && !now.some((one) => before.includes(one));
  });
  await sleep(2500); // what was missed shows
  const [here, there] = await Promise.all([peer, near].map((one) => soundAgain(one, since)));
  t.diagnostic(`${protocols.join(' and ')} forgotten: longest without sound ${here.gap} ms here and ${there.gap} ms there`);
}

for (const browser of ['chromium', 'firefox'])
  test(`a call of ${browser} comes up behind a symmetric NAT by UDP, and goes on when its ports change`, async (t) => {
    const peer = await room.far({ firefox: browser === 'firefox' });
    t.after(() => peer.close());
    await hearOneAnother(near, peer);
    const { protocol, address, connection } = await until('the way taken', () => wayIn(peer));
    assert.deepEqual([protocol, address], ['udp', room.lab.near.address]);
    await forgotten(t, peer, ['udp']);
    assert.equal((await wayIn(peer)).connection, connection, 'no new connection was needed');
    await forgotten(t, peer, ['udp', 'tcp']);
    await hearOneAnother(near, peer);
    await until('to be in', () => peer.evaluate(() => document.querySelector('[data-testid="call"]')?.dataset.phase === 'in'));
  });

test('no page ran into a fault', () => assert.deepEqual(room.people.flatMap((peer) => peer.errors), []));
