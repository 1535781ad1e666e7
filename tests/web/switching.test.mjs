// Layers are switched under a running picture: what a viewer shows small is sent small, and large again when it is shown
// large, without a gap that a browser would notice: nothing counts as lost, nobody has to ask for a key frame.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { picture, sent, watchConnections } from './connections.mjs';
import { book, FULL_FPS, joinCall, openChromium, signIn, startServer, ticket, tiles, until } from './harness.mjs';

let server, api, viewer, camera;

/** What a kiosk with an encoder in hardware does: H.264 first among what it sends. */
function preferH264() {
  const original = RTCRtpTransceiver.prototype.setCodecPreferences;
  RTCRtpTransceiver.prototype.setCodecPreferences = function (codecs) {
    const isH264 = (codec) => codec.mimeType === 'video/H264';
    return original.call(this, this.direction === 'sendonly' ? [...codecs.filter(isH264), ...codecs.filter((codec) => !isH264(codec))] : codecs);
  };
}

before(async () => {
  server = await startServer();
  api = await signIn(server);
  const consultation = await book(api);
  viewer = await openChromium({ colour: 'green', tone: 440 });
  camera = await openChromium({ colour: 'blue', tone: 660, size: '1280x720', fps: FULL_FPS });
  for (const peer of [viewer, camera]) {
    await peer.init(watchConnections);
    await joinCall(peer, server, await ticket(api, consultation.id, 'BS. An', 'doctor'));
  }
});

after(async () => {
  await viewer?.close();
  await camera?.close();
  await server?.stop();
});

const show = (width, height) => viewer.page.setViewportSize({ width, height });
const seen = (what, check) => until(what, async () => {
  const now = await picture(viewer);
  return now && check(now) ? now : null;
}, { timeout: 120000 });

/** Small, large, small, large: no loss, hardly a request. */
async function switchesWithoutGap() {
  await show(1280, 720);
  const large = await seen('the large layer', (now) => now.width >= 960);
  for (let round = 0; round < 2; round++) {
    await show(400, 260);
    await seen('a smaller layer', (now) => now.width < 960);
    await show(1280, 720);
    await seen('the large layer again', (now) => now.width >= 960);
  }
  const end = await seen('the picture to go on', (now) => now.decoded > large.decoded + 20);
  assert.equal(end.lost, 0, 'the sequence has no gap');
  assert.ok(end.asked - large.asked <= 1, `the viewer asked ${end.asked - large.asked} times for a key frame`);
  const tile = await until('the blue picture to move', async () => (await tiles(viewer)).find((one) => one.moves));
  assert.ok(tile.colour[2] > 150 && tile.colour[0] < 110, `the viewer sees ${tile.colour}`);
  return end;
}

test('a picture is sent as large as it is shown, and switched without a gap', async () => {
  assert.equal((await switchesWithoutGap()).codec, 'video/VP8');
});

test('what nobody shows is not encoded, and is there again as soon as somebody does', async (t) => {
  await show(400, 260);
  await seen('a smaller layer', (now) => now.width < 960);
  await until('the large layer to be encoded no more', async () => {
    const { h, l } = await sent(camera, 0);
    return h.bytes === 0 && l.bytes > 0;
  });
  const asked = Date.now();
  await show(1280, 720);
  const large = await seen('the large layer again', (now) => now.width >= 960);
  t.diagnostic(`large ${Date.now() - asked} ms after it was shown large`);
  const end = await seen('the picture to go on', (now) => now.decoded > large.decoded + 20);
  assert.equal(end.lost, 0);
});

test('the same holds for H.264 in simulcast', async () => {
  const consultation = await book(api);
  await camera.page.addInitScript(preferH264);
  for (const peer of [viewer, camera]) await peer.open('about:blank'); // a link that differs after its # alone is no new page
  await joinCall(viewer, server, await ticket(api, consultation.id, 'BS. An', 'doctor'));
  await joinCall(camera, server, await ticket(api, consultation.id, 'BS. Bình', 'doctor'));
  assert.equal((await switchesWithoutGap()).codec, 'video/H264');
});
