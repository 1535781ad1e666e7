// A consultation over IPv6 alone: page, signaling and media.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { hears } from '../web/harness.mjs';
import { Consultation, sees, until } from './people.mjs';
import { wayIn } from './watch.mjs';

let room;
after(() => room?.close());

test('two people meet over IPv6', async () => {
  room = await Consultation.open({ announce: 'fd77::1', light: true });
  const near = await room.near();
  const far = await room.far();
  await sees(far, 320);
  const { protocol, address } = await until('the way taken', () => wayIn(far));
  assert.deepEqual([protocol, address], ['udp', 'fd77::1']);
  await until('the near one to hear them', async () => (await hears(near, [660])).length === 1);
});
