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
    const moving = await until('eight pictures that move', async () => {
      const shown = (await tiles(peer)).filter((tile) => tile.moves);
      return shown.length === OTHERS && shown;
    });
    assert.equal(new Set(moving.map((tile) => tile.participant)).size, OTHERS);
    assert.deepEqual(peer.errors, []);
  } finally {
    await peer.close();
  }
}

test('the ninth sees all eight others, in Chromium', () => seesAll(openChromium));
test('and in Firefox', () => seesAll(openFirefox));
