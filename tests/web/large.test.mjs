// A room larger than the first offer has slots for: the rest is offered when the first are connected, and everybody is seen.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { publishers } from '../bench/others.mjs';
import { book, joinCall, openChromium, openFirefox, signIn, startServer, ticket, tiles, until } from './harness.mjs';

const OTHERS = 8;
let server, api, consultation, others;

before(async () => {
  server = await startServer();
  api = await signIn(server);
  consultation = await book(api);
  others = await publishers(server, api, consultation, OTHERS);
});

after(async () => {
  await others?.close();
  await server?.stop();
});

async function seesAll(open) {
  const peer = await open();
  try {
    await joinCall(peer, server, await ticket(api, consultation.id, 'BS. Sơn', 'specialist'));
    const moving = new Set(); // where much is drawn not all of them move in one look of 300 ms
    await until('eight pictures that move', async () => {
      for (const tile of await tiles(peer)) if (tile.moves) moving.add(tile.participant);
      return moving.size === OTHERS || Promise.reject(new Error(`${moving.size} have moved`));
    });
    assert.deepEqual(peer.errors, []);
  } finally {
    await peer.close();
  }
}

test('the ninth sees all eight others, in Chromium', () => seesAll(openChromium));
test('and in Firefox', () => seesAll(openFirefox));
