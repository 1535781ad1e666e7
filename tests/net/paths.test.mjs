// Ways through a network: what a browser at the far end reaches the server by when all else is shut, and what happens when its
// address changes in the middle of a call.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hears, profileFolder } from '../web/harness.mjs';
import { kill, written } from '../web/killed.mjs';
import { Consultation, hasAll, hearOneAnother, sleep, soundAgain, until } from './people.mjs';
import { figures, samplesOf, wayIn } from './watch.mjs';

const TURN = '10.77.0.1';
const dir = mkdtempSync(join(tmpdir(), 'hoichan-turn-'));
let room, near, turn;

/** A real coturn beside the server, with the secret that the server makes its time-limited credentials of. */
function startTurn(host) {
  spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=turn',
    '-addext', `subjectAltName=IP:${TURN}`, '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')]);
  return host.spawn('turnserver', ['-n', '--use-auth-secret', '--static-auth-secret=lang-son', '--realm=hoichan', `--listening-ip=${TURN}`, `--relay-ip=${TURN}`,
    '--listening-port=3478', '--tls-listening-port=443', '--cert', join(dir, 'cert.pem'), '--pkey', join(dir, 'key.pem'), '--no-cli', '--no-dtls',
    `--pidfile=${dir}/turn.pid`, `--userdb=${dir}/turn.db`, '--log-file=stdout'], { stdio: 'ignore' });
}

const listens = (host, port) => host.run('ss', '-Hltn', `sport = :${port}`).trim() !== '';

before(async () => {
  writeFileSync(join(dir, 'secret'), 'lang-son\n');
  room = await Consultation.open({
    light: true,
    config: `[turn]\nurls=turn:${TURN}:3478?transport=udp,turn:${TURN}:3478?transport=tcp,turns:${TURN}:443?transport=tcp\nsecret_file=${dir}/secret\n`,
  });
  turn = startTurn(room.lab.near);
  await until('the TURN server to listen', () => [3478, 443].every((port) => listens(room.lab.near, port)));
  near = await room.near();
});
after(async () => {
  turn?.kill('SIGTERM');
  await room?.close();
  rmSync(dir, { recursive: true, force: true });
});

const wayOf = async (peer) => (await wayIn(peer))?.protocol;

/** Joins at the far end until the test ends, is heard there, and says which way it took and how long that was from the click. */
async function joined(t, options) {
  const peer = await room.far(options);
  t.after(() => peer.close());
  const connected = (sample) => sample.state === 'connected' && sample.audioPackets > 0;
  const first = await until('sound at the far end', async () => (await samplesOf(peer)).find(connected));
  const way = await until('the way taken', () => wayOf(peer));
  t.diagnostic(`by ${way}, heard ${first.at - peer.clicked} ms after the click (aim 3000)`);
  await until('the near one to hear them', async () => (await hears(near, [660])).length === 1);
  return { peer, way };
}

/** The browser may move to another pair while it settles: what the page has to say is the way in use now. */
const saysWay = (peer) => until('the page to say the way in use', async () => {
  const way = await wayOf(peer);
  return (await peer.evaluate(() => document.body.innerText)).includes(way.toUpperCase());
});

test('with UDP blocked a call comes up by whatever is left, and the page says which', async (t) => {
  t.after(() => room.lab.heal());
  await room.lab.both({ block_udp: 1 });
  const { peer, way } = await joined(t);
  assert.match(way, /^(tcp|turn-tcp|turn-tls)$/); // the browser takes what answers first
  await saysWay(peer);
});

test('who had to leave UDP in the middle of a call is back on it once the line lets them, without a click', async (t) => {
  t.after(() => room.lab.heal());
  const { peer } = await joined(t, { firefox: true });
  await until('UDP', async () => (await wayOf(peer)) === 'udp');
  await room.lab.both({ block_udp: 1 });
  await until('another way', async () => /tcp|tls/.test(await wayOf(peer)), { timeout: 60000 });
  await sleep(10000); // in which Firefox gives its UDP pair up
  await room.lab.heal();
  const since = Date.now();
  await until('UDP again', async () => (await wayOf(peer)) === 'udp', { timeout: 90000 });
  t.diagnostic(`UDP again ${Date.now() - since} ms after it was free; longest without sound ${figures(await samplesOf(peer, since)).gap} ms`);
  await until('the near one to hear them', async () => (await hears(near, [660])).length === 1);
});

test('with UDP blocked and no TURN a call comes up by ICE-TCP, and the page says so', async (t) => {
  t.after(() => room.lab.heal());
  await room.lab.both({ block_udp: 1 });
  const { peer, way } = await joined(t, { before: (page) => page.init(() => void (globalThis.noTurn = true)) });
  assert.equal(way, 'tcp');
  await saysWay(peer);
});

for (const [way, url] of [['turn-udp', 'transport=udp'], ['turn-tcp', 'turn:.*transport=tcp'], ['turn-tls', 'turns:']])
  test(`a call comes up by ${way}`, async (t) => {
    assert.ok(existsSync(join(dir, 'cert.pem')));
    const only = (pattern) => void (globalThis.onlyTurn = pattern);
    const found = await joined(t, { before: (peer) => peer.init(only, url) });
    assert.equal(found.way, way);
    await saysWay(found.peer);
  });

/** What config/README.md has a kiosk's Chromium do. */
const KIOSK = ['--webrtc-ip-handling-policy=default_public_interface_only'];

for (const [who, address, options] of [['chromium', '10.77.0.9', {}], ['a kiosk', '10.77.0.11', { args: KIOSK }], ['firefox', '10.77.0.10', { firefox: true }]])
  test(`a call outlives a change of address: ${who}`, async (t) => {
    const { peer } = await joined(t, options);
    await hasAll(peer);
    const since = Date.now();
    room.lab.far.move(address);
    await sleep(6000); // whatever still came by the old address has arrived
    const [here, there] = await Promise.all([peer, near].map((one) => soundAgain(one, since)));
    t.diagnostic(`sound settled after ${here.after} ms here and ${there.after} ms there; longest without: ${here.gap} and ${there.gap} ms (aim 500)`);
    await until('the near one to hear them', async () => (await hears(near, [660])).length === 1);
  });

test('with UDP blocked a kiosk\'s call comes up as anybody\'s', async (t) => {
  t.after(() => room.lab.heal());
  await room.lab.both({ block_udp: 1 });
  const { peer, way } = await joined(t, { args: KIOSK });
  assert.match(way, /^(tcp|turn-tcp|turn-tls)$/);
  await saysWay(peer);
});

const isIn = (peer) => peer.evaluate(() => document.querySelector('[data-testid="call"]')?.dataset.phase === 'in');
/** Those whom the near one sees; who left in an earlier test may be there as away for a while. */
const present = () => near.evaluate(() => document.querySelectorAll('[data-testid="remote-tile"]:not([data-state="away"])').length);

test('the server, and then a browser, is killed and comes back while the line is bad: both are in again without a click', async (t) => {
  const profile = profileFolder();
  t.after(() => room.lab.heal());
  const { peer } = await joined(t, { profile });
  await room.lab.both({ delay: 150, loss: 5 });
  room.server.child.kill('SIGKILL');
  await room.server.exited;
  await room.server.start();
  const since = Date.now();
  for (const one of [peer, near]) await until('to be in again', () => isIn(one));
  t.diagnostic(`in again ${Date.now() - since} ms after the server was ready`);
  await hearOneAnother(near, peer);

  await written(profile);
  await kill(profile);
  const killed = Date.now();
  const again = await room.reopen(peer, profile);
  t.after(() => again.close());
  await again.see('call');
  assert.equal(await again.has('prejoin-join'), false);
  await until('to be in without a question', () => isIn(again));
  t.diagnostic(`in again ${Date.now() - killed} ms after the browser was killed`);
  await hearOneAnother(near, again);
  await until('one tile for who came back', async () => (await present()) === 1);
});

test('no page ran into a fault', () => assert.deepEqual(room.people.flatMap((peer) => peer.errors), []));
