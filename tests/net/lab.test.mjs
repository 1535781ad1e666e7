// The laboratory itself: what is asked of a link is what its two ends see, by datagrams between two namespaces.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Lab } from './lab.mjs';

const ECHO = `
const s = require('node:dgram').createSocket('udp6');
s.on('message', (data, peer) => s.send(data, peer.port, peer.address)).bind(9999, '::', () => console.log('up'));`;
/** Sends numbered datagrams at a steady pace; says how many came back, how long the quickest was under way, and for how many ms it sent. */
const PING = `
const [address, count, gap, size] = process.argv.slice(1);
const s = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
const sent = [], trips = [], start = performance.now();
let next = 0;
function end() {
  console.log(JSON.stringify({ got: trips.length, quickest: Math.min(...trips), took: sent.at(-1) - start }));
  process.exit();
}
s.on('message', (data) => {
  if (trips.push(performance.now() - sent[Number(data.subarray(0, 8))]) == count) end();
});
const send = () => {
  while (next < count && performance.now() >= start + next * gap) {
    sent[next] = performance.now();
    s.send(Buffer.concat([Buffer.from(String(next++).padStart(8, '0')), Buffer.alloc(size - 8)]), 9999, address);
  }
  if (next < count) setTimeout(send, 1);
  else setTimeout(end, 3000);
};
send();`;

let lab, echo;

before(async () => {
  lab = await Lab.open();
  echo = lab.far.spawn(process.execPath, ['-e', ECHO], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((done) => echo.stdout.once('data', done));
});
afterEach(() => lab.heal());
after(async () => {
  echo.kill();
  await lab.close();
});

/** The link is served by another process, so that this one may wait. */
const ping = (address, { count = 200, gap = 5, size = 100 } = {}) =>
  JSON.parse(lab.near.run(process.execPath, '-e', PING, address, String(count), String(gap), String(size)));

test('a plain link loses nothing, over either family', () => {
  assert.equal(ping(lab.far.address).got, 200);
  assert.equal(ping(lab.far.address6).got, 200);
});

test('delay is felt both ways', async () => {
  await lab.both({ delay: 100 });
  const { quickest } = ping(lab.far.address); // the others waited for a processor, too
  assert.ok(quickest >= 200 && quickest < 400, `${quickest} ms`); // with it felt twice each way it would be 400
});

test('loss is the share asked for', async () => {
  await lab.both({ loss: 10 });
  const { got } = ping(lab.far.address, { count: 600 });
  assert.ok(got > 600 * 0.74 && got < 600 * 0.88, `${got} of 600`); // 0.9 each way
});

test('a narrow link lets its rate through', async () => {
  await lab.up({ rate: '200k', queue: 100 });
  const before = (await lab.counts()).up.delivered;
  const { took } = ping(lab.far.address, { count: 400, size: 500 }); // 845 kbit/s offered for two seconds, or what a busy machine makes of them
  const passed = (await lab.counts()).up.delivered - before;
  const fits = (47 * took) / 1000; // 528 bytes each with headers: 47 a second, and the queue
  assert.ok(passed > fits / 3 && passed < fits * 1.5, `${passed} packets in ${took} ms`);
});

test('an outage cuts and ends', async () => {
  await lab.both({ down: 1 });
  assert.equal(ping(lab.far.address, { count: 20 }).got, 0);
  await lab.both({ down: 0 });
  assert.equal(ping(lab.far.address, { count: 20 }).got, 20);
});

test('UDP can be blocked alone', async () => {
  await lab.both({ block_udp: 1 });
  assert.equal(ping(lab.far.address, { count: 20 }).got, 0);
  assert.equal((await lab.counts()).up.blocked > 0, true);
});

test('a host moves to another address', () => {
  lab.far.move('10.77.0.9');
  assert.equal(ping('10.77.0.9', { count: 20 }).got, 20);
});
