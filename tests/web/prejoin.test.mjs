// Before the call: which ways through the network are open, tried for real against this server and a real TURN server; what
// is said when one is not; joining without devices; what a refused permission explains.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { book, freePort, openChromium, openFirefox, ownAddress, signIn, startServer, ticket, until } from './harness.mjs';
import { readable } from './readable.mjs';

const SECRET = 'bi-mat-chung';
const dir = mkdtempSync(join(tmpdir(), 'hoichan-prejoin-'));
let turn, server, api, consultation;

async function startTurn(port) {
  const address = ownAddress();
  const child = spawn('turnserver', ['-n', '--use-auth-secret', `--static-auth-secret=${SECRET}`, '--realm=hoichan', `--listening-ip=${address}`, `--relay-ip=${address}`,
    `--listening-port=${port}`, '--allow-loopback-peers', '--no-cli', '--no-tls', '--no-dtls', `--pidfile=${dir}/turn.pid`, `--userdb=${dir}/turn.db`, '--log-file=stdout'], { stdio: 'ignore' });
  return child;
}

before(async () => {
  const port = await freePort();
  turn = await startTurn(port);
  writeFileSync(join(dir, 'secret'), SECRET);
  const dead = await freePort(); // nothing listens there: a relay that the network does not let through
  const address = ownAddress();
  server = await startServer({ config: `[turn]\nurls=turn:${address}:${port}?transport=udp,turn:${address}:${port}?transport=tcp,turns:${address}:${dead}?transport=tcp\nsecret_file=${dir}/secret\n` });
  api = await signIn(server);
  consultation = await book(api);
});

after(async () => {
  turn?.kill('SIGTERM');
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const open = async (peer, name) => peer.open(`${server.origin}/join#${await ticket(api, consultation.id, name, 'specialist')}`);

/** The ladder as the page shows it, once it is done. */
async function ladder(peer) {
  await until('the line to be measured', () => peer.evaluate(() => /^(?!measuring)/.test(document.querySelector('[data-testid="line"]')?.dataset.quality ?? 'measuring')), { timeout: 30000 });
  await peer.click('line-details');
  return peer.evaluate(() => Object.fromEntries([...document.querySelectorAll('[data-testid="rung"]')].map((rung) => [rung.dataset.way, rung.dataset.state])));
}

for (const [kind, openBrowser] of [['Chromium', openChromium], ['Firefox', openFirefox]])
  test(`${kind} tries each way and names the one that is shut`, async () => {
    const peer = await openBrowser();
    try {
      await open(peer, 'BS. Lan');
      assert.deepEqual(await ladder(peer), { udp: 'open', tcp: 'open', 'turn-udp': 'open', 'turn-tcp': 'open', 'turn-tls': 'blocked' });
      assert.match(await peer.text('keeper-text'), new RegExp(`TCP ${ownAddress()}:\\d+`));
      assert.match(await peer.text('line'), /Đường truyền: tốt \(UDP\).*Mbit\/s/s);
      assert.deepEqual(peer.errors.filter((error) => !/ICE failed/.test(error)), []); // Firefox's own word for a way that is shut
    } finally {
      await peer.close();
    }
  });

test('a network without UDP is told, with words for its keeper, and the call is joined over TCP', async () => {
  const peer = await openChromium({ args: ['--force-webrtc-ip-handling-policy=disable_non_proxied_udp', '--webrtc-ip-handling-policy=disable_non_proxied_udp'] });
  try {
    await open(peer, 'BS. Páo');
    const rungs = await ladder(peer);
    assert.equal(rungs.udp, 'blocked');
    assert.equal(rungs.tcp, 'open');
    assert.match(await peer.text('line'), /TCP/);
    assert.match(await peer.text('keeper-text'), new RegExp(`không đi ra được: UDP ${ownAddress()}:\\d+`));
    await peer.page.keyboard.press('Escape');
    await peer.click('prejoin-join');
    await until('picture and sound over TCP', () => peer.evaluate(() => document.querySelector('[data-testid="call"]')?.dataset.media === 'connected'));
  } finally {
    await peer.close();
  }
});

test('refused devices are explained for the browser at hand, and the call can be joined without them', async () => {
  const peer = await openChromium({ permissions: 'denied' });
  try {
    await open(peer, 'ĐD. Mai');
    await peer.see('device-problem');
    assert.match(await peer.text('device-problem'), /ô địa chỉ.*vẫn có thể tham gia/s);
    assert.ok(await peer.page.$('.picture'), 'a picture shows where to press');
    for (const language of ['vi', 'en']) {
      await readable(peer.page, language);
      await peer.page.click('.prejoin__language');
    }
    await peer.click('prejoin-join');
    await peer.see('call');
    await until('the call without devices', () => peer.evaluate(() => document.querySelector('[data-testid="call"]').dataset.phase === 'in'));
  } finally {
    await peer.close();
  }
});

test('the page needs no scrolling on a laptop, and is one column on a phone', async () => {
  const peer = await openChromium();
  try {
    await open(peer, 'BS. Lan');
    await peer.see('prejoin-join');
    const size = () => peer.evaluate(() => ({ down: document.documentElement.scrollHeight - innerHeight, across: document.documentElement.scrollWidth - innerWidth }));
    assert.deepEqual(await size(), { down: 0, across: 0 });
    await peer.page.setViewportSize({ width: 360, height: 740 });
    assert.equal((await size()).across, 0);
  } finally {
    await peer.close();
  }
});
