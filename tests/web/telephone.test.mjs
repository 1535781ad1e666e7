// A microphone that the system takes away in the middle of a call, as for a telephone call, and gives back, and one that is unplugged: whoever
// spoke reads why nobody hears them, and is heard again without a click. Real microphones, of a sound card for each of the two.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { book, hears, joinCall, openChromium, openFirefox, signIn, startServer, startSoundCard, ticket, until } from './harness.mjs';

const TONES = { lan: [440, 550], pao: [880, 990] };
let server, lan, pao;

/** A tone that never pauses is noise to what suppresses noise. */
const unfiltered = () => location.protocol === 'https:' && localStorage.setItem('hoichan.devices', JSON.stringify({ noiseSuppression: false }));

async function seat(openBrowser, name, tones, ...args) {
  const soundCard = await startSoundCard({ tones });
  const peer = await openBrowser({ soundCard, args });
  await peer.init(unfiltered);
  return Object.assign(peer, { name, soundCard });
}

before(async () => {
  server = await startServer();
  const api = await signIn(server);
  const { id } = await book(api);
  lan = await seat(openChromium, 'BS. Lan', TONES.lan);
  pao = await seat(openFirefox, 'BS. Páo', TONES.pao, '--remote-allow-system-access'); // its own buttons are pressed
  for (const peer of [lan, pao]) await joinCall(peer, server, await ticket(api, id, peer.name));
});
after(async () => {
  for (const peer of [lan, pao]) await peer?.close();
  for (const peer of [lan, pao]) peer?.soundCard.stop();
  await server?.stop();
});

const listens = (one, ...tones) => until(`${one.name} to hear ${tones.join(', ') || 'nothing'}`, async () => {
  const heard = await hears(one, [...TONES.lan, ...TONES.pao]);
  return heard.join() === tones.join() || Promise.reject(new Error(`hears ${heard}`));
});

/** Firefox does not look whether the system has muted a microphone; it mutes one itself, by the button of its sign that a page listens. */
async function mutedByFirefox({ browser }, muted) {
  const ask = async (method, parameters) => (await browser.connection.send(method, parameters)).result;
  const { contexts } = await ask('browsingContext.getTree', { 'moz:scope': 'chrome' });
  const { context } = contexts.find(({ url }) => url.endsWith('/browser.xhtml'));
  const expression = `gBrowser.browsers.forEach((one) => one.browsingContext.currentWindowGlobal.getActor('WebRTC').sendAsyncMessage('webrtc:${muted ? 'Mute' : 'Unmute'}Microphone'))`;
  await ask('script.evaluate', { target: { context }, awaitPromise: false, expression });
}
const muted = (peer, is) => (peer === pao ? mutedByFirefox(peer, is) : peer.soundCard.mute(peer.soundCard.tones[0], is));

for (const who of ['Chromium', 'Firefox']) {
  const both = () => (who === 'Chromium' ? [lan, pao] : [pao, lan]);

  test(`whose microphone is taken by the system, in ${who}, reads why nobody hears them, and is heard when it is given back`, async () => {
    const [one, other] = both();
    const [tone] = one.soundCard.tones;
    await listens(other, tone);
    await muted(one, true);
    await one.see('microphone-held');
    await one.says('mọi người chưa nghe bạn');
    await listens(other);
    await muted(one, false);
    await one.gone('microphone-held');
    await listens(other, tone);
  });

  test(`whose microphone is unplugged, in ${who}, is heard by the one that is left`, async () => {
    const [one, other] = both();
    const [first, second] = one.soundCard.tones;
    await listens(other, first);
    one.soundCard.unplug(first);
    if (one === pao) await one.says(`${second} Hz`); // Chromium has opened "Default", which goes on with another device by itself
    await listens(other, second);
    assert.equal(await one.has('microphone-held'), false);
  });
}

test('no page ran into a fault', () => assert.deepEqual([...lan.errors, ...pao.errors], []));
