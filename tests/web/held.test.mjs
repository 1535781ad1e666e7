// A server that lets nobody in for now: the page says so in words, counts down, asks again by itself, and joins once it may.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { book, joinCall, openChromium, signIn, startServer, ticket, until } from './harness.mjs';
import { readable } from './readable.mjs';

let server, api;
before(async () => {
  server = await startServer({ config: '[admission]\nworker_people=1\nreserve_percent=0\n' });
  api = await signIn(server);
});
after(() => server?.stop());

test('who comes to a full server is told, waits before a countdown, and joins by itself when somebody has left', async () => {
  const [inside, outside] = [await openChromium({ colour: 'teal' }), await openChromium({ colour: 'navy' })];
  const phase = (peer) => peer.evaluate(() => document.querySelector('[data-testid="call"]')?.dataset.phase);
  try {
    await joinCall(inside, server, await ticket(api, (await book(api)).id, 'BS. Lan'));
    await until('the first in the call', async () => (await phase(inside)) === 'in');
    await joinCall(outside, server, await ticket(api, (await book(api)).id, 'ĐD. Mai'));
    await outside.see('held');
    assert.match(await outside.text('held'), /đang phục vụ gần hết sức.*không bị giật hình, mất tiếng.*Trang tự thử lại/s);
    const seconds = async () => Number(/(\d+) giây/.exec(await outside.text('held-countdown'))?.[1] ?? 0);
    const first = await until('a countdown', seconds);
    await until('the countdown to move', async () => (await seconds()) < first);
    await readable(outside.page);
    if (process.env.HOICHAN_PICTURES) await outside.screenshot(`${process.env.HOICHAN_PICTURES}/held.png`);
    await inside.click('leave');
    await until('the second to be let in without a hand', async () => (await phase(outside)) === 'in');
    assert.equal(await outside.has('held'), false);
  } finally {
    for (const peer of [inside, outside]) await peer.close();
  }
});
