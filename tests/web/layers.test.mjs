// One stream with layers inside it (VP9 and AV1 in three sizes): who shows it small is sent the small part of it, who shows it
// large the whole, at the same time and in both browsers, and nobody loses a packet or lacks a frame when that changes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { picture, watchConnections } from './connections.mjs';
import { book, FULL_FPS, joinCall, openChromium, openFirefox, signIn, sleep, startServer, ticket, until } from './harness.mjs';

const LARGE = 960; // the publisher's camera is as wide

let server, api, small, large, camera;

/** A publisher with layers: what an encoder may do that comes with its own offer. Its codec first, all sizes in one stream. */
function publishLayers() {
  const { codec, mode } = JSON.parse(localStorage.getItem('test.layers') ?? '{}');
  const { addTransceiver } = RTCPeerConnection.prototype;
  const { setCodecPreferences } = RTCRtpTransceiver.prototype;
  RTCPeerConnection.prototype.addTransceiver = function (what, init) {
    const layered = init?.direction === 'sendonly' && (what === 'video' || what?.kind === 'video');
    return addTransceiver.call(this, what, layered ? { ...init, sendEncodings: [{ scalabilityMode: mode, maxBitrate: 2_000_000 }] } : init);
  };
  RTCRtpTransceiver.prototype.setCodecPreferences = function (codecs) {
    const all = RTCRtpSender.getCapabilities('video').codecs;
    const first = all.filter(({ mimeType, sdpFmtpLine }) => mimeType === `video/${codec}` && !/profile(-id)?=[1-9]/.test(sdpFmtpLine ?? ''));
    return setCodecPreferences.call(this, this.direction === 'sendonly' && codecs[0].mimeType.startsWith('video') ? [...first, ...codecs] : codecs);
  };
}

/** What a viewer with little room says: `globalThis.ceiling` goes with its next views. */
function limitViews() {
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    const message = typeof data === 'string' ? JSON.parse(data) : {};
    if (message.type !== 'view' || !globalThis.ceiling) return send.call(this, data);
    return send.call(this, JSON.stringify({ ...message, max_bps: globalThis.ceiling }));
  };
}

const seen = (peer, what, check) =>
  until(`${what} in ${peer.kind}`, async () => {
    const now = await picture(peer);
    return now && check(now) ? now : null;
  }, { timeout: 120000 });

const show = (peer, width, height) => (peer.page.setViewportSize ? peer.page.setViewportSize({ width, height }) : peer.page.setViewport({ width, height }));

before(async () => {
  server = await startServer();
  api = await signIn(server);
  small = await openChromium({ colour: 'green', tone: 440 });
  large = await openFirefox();
  camera = await openChromium({ colour: 'blue', tone: 660, size: '960x540', fps: FULL_FPS });
  for (const peer of [small, large, camera]) {
    await peer.init(watchConnections);
    await peer.init(limitViews);
  }
  await camera.init(publishLayers);
});

after(async () => {
  for (const peer of [small, large, camera]) await peer?.close();
  await server?.stop();
});

/** A call of a publisher with such layers and two viewers, one in each browser. */
async function meet(codec, mode) {
  const { id } = await book(api);
  for (const peer of [small, large, camera]) await peer.open(`${server.origin}/offline.html`); // a link that differs after its # alone is no new page
  await camera.evaluate((layers) => localStorage.setItem('test.layers', layers), JSON.stringify({ codec, mode }));
  for (const peer of [small, large, camera])
    await joinCall(peer, server, await ticket(api, id, 'BS. An', peer === camera ? 'doctor' : 'observer')); // who watches sends nothing
}

async function thinsForEach(codec, mode) {
  await meet(codec, mode);
  await show(small, 400, 260);
  await seen(large, 'the whole', (now) => now.width === LARGE);
  const begin = await seen(small, 'a part', (now) => now.width < LARGE && now.codec === `video/${codec}`);
  for (let round = 0; round < 2; round++) {
    await show(small, 1280, 720);
    await seen(small, 'the whole', (now) => now.width === LARGE);
    await show(small, 400, 260);
    await seen(small, 'a part again', (now) => now.width < LARGE);
  }
  const part = await picture(small), whole = await picture(large);
  const end = await seen(small, 'the part to move', (now) => now.decoded > part.decoded + 40);
  const other = await seen(large, 'the whole to move', (now) => now.decoded > whole.decoded + 40);
  assert.equal(other.width, LARGE, 'the other viewer keeps what it shows');
  assert.equal(other.codec, `video/${codec}`);
  assert.equal(end.lost, 0, 'what is left out is not missed');
  assert.ok(end.asked - begin.asked <= 1, `asked ${end.asked - begin.asked} times for a key frame: something could not be decoded`);
  await followsTheRoom(small, large);
}

const SECONDS = 3;

/** Of what comes in, in bit/s, over a few seconds. */
async function rateOf(peer) {
  const from = await picture(peer);
  await sleep(SECONDS * 1000);
  return Math.round(((await picture(peer)).bytes - from.bytes) * 8 / SECONDS);
}

/**
 * Shown large, it is sent small where there is half the room for the whole; the other viewer has all of it. What the whole takes
 * changes as its encoder likes, so it is measured anew until the half is one for a part.
 */
async function followsTheRoom(narrow, wide) {
  await until(`a part that moves in ${narrow.kind}`, async () => {
    await show(narrow, 400, 260);
    const ceiling = 40_000 + Math.round(await rateOf(wide) / 2); // sound is reserved first
    await narrow.page.evaluate((bps) => (globalThis.ceiling = bps), ceiling);
    await show(narrow, 1280, 700);
    await sleep(4000);
    const then = await picture(narrow);
    await sleep(4000);
    const now = await picture(narrow);
    return then.width < LARGE && now.width < LARGE && now.decoded > then.decoded + 10;
  }, { timeout: 240000 });
  assert.equal((await picture(wide)).width, LARGE);
}

test('VP9 in layers is thinned for each viewer', () => thinsForEach('VP9', 'L3T3'));

test('so is VP9 whose layers rest on one another in key frames alone', () => thinsForEach('VP9', 'L3T3_KEY'));

test('so is AV1, by its dependency descriptor', () => thinsForEach('AV1', 'L3T3'));
