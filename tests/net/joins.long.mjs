// A clinic joins over a line that is thin already. Its page has been opened before (all of it is kept for the next time).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LINKS } from './links.mjs';
import { Consultation, sees, sleep, until } from './people.mjs';
import { MIDDLE, late, within } from './rows.mjs';
import { figures, samplesOf } from './watch.mjs';

const AIM_MS = 5000, SETTLED_S = 4;
let room, near;

before(async () => {
  room = await Consultation.open();
  near = await room.near();
});
after(() => room?.close());

/** Before the page's own scripts: notes when each step of a join was done. */
function noteSteps() {
  const steps = (globalThis.steps = []);
  const note = (name) => steps.push({ name, at: Date.now() });
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener('open', () => note('socket'));
      this.addEventListener('message', ({ data }) => note(JSON.parse(data).type));
    }

    send(text) {
      super.send(text);
      note(JSON.parse(text).type);
    }
  };
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      this.addEventListener('iceconnectionstatechange', () => this.iceConnectionState === 'connected' && note('ICE'));
      this.addEventListener('connectionstatechange', () => this.connectionState === 'connected' && note('DTLS'));
    }
  };
}

/** ms after the click; a socket that was open by then has no time. */
async function stepsOf(peer) {
  const steps = await peer.evaluate((since) => globalThis.steps.filter(({ at }) => at >= since), peer.clicked);
  return ['socket', 'join', 'offer', 'joined', 'answer', 'ICE', 'DTLS'].map((name) => {
    const at = steps.find((step) => step.name === name)?.at;
    return at ? `${name} ${at - peer.clicked}` : name;
  }).join(', ');
}

const thin = () => room.lab.both(LINKS.thin.steps[0].both);

/** The page is opened once more over the thin line, which it measures, as it does at each opening. */
async function measured(peer) {
  await sleep(5000); // the rest of the page comes meanwhile
  await thin();
  await peer.page.reload({ waitUntil: 'domcontentloaded' });
  await peer.see('prejoin-join');
  await until('the line to be measured', () => peer.evaluate(() => !['measuring', undefined].includes(document.querySelector('[data-testid="line"]')?.dataset.quality)));
}

/** … or the line became thin after that. */
async function unmeasured() {
  await sleep(5000);
  await thin();
}

/** When sound first came of what is sampled at `peer`, and what is made up of it from then on. */
async function heardBy(peer, since) {
  const first = await until('sound', async () => {
    const samples = await samplesOf(peer, since);
    return samples.find(({ audioPackets }) => audioPackets > samples[0].audioPackets);
  });
  return { since: first.at, after: first.at - since };
}

/** Per cent made up of the first two seconds, the next two, and the rest. */
async function madeUp(peer, { since }) {
  const part = { samples: await samplesOf(peer, since), since };
  return [within(part, 0, 2), within(part, 2, SETTLED_S), late(part, SETTLED_S)].map((samples) => figures(samples).concealed);
}

for (const [browser, before] of [['chromium', measured], ['firefox', measured], ['chromium', unmeasured], ['firefox', unmeasured]])
  test(`${browser} joins over ${LINKS.thin.words}, ${before.name}: both hear each other, and it sees a still`, async (t) => {
    const clinic = await room.far({ firefox: browser === 'firefox', before: (peer) => peer.init(noteSteps), ready: before });
    const [here, there] = await Promise.all([clinic, near].map((one) => heardBy(one, clinic.clicked)));
    t.diagnostic(`${await stepsOf(clinic)}, sound ${here.after} ms after the click`);
    await sleep(30000);
    const [hears, isHeard] = [await madeUp(clinic, here), await madeUp(near, there)];
    t.diagnostic(`sound ${here.after} ms after the click, heard after ${there.after} (aim ${AIM_MS}); % made up of 2 s, 2 s, the rest: ${hears.join(', ')}, of what the other hears: ${isHeard.join(', ')}`);
    assert.ok(hears[2] < 20, `${hears[2]} % concealed`);
    assert.ok(isHeard[2] < 20, `${isHeard[2]} % concealed at the other end`);
    await until('a still', async () => (await samplesOf(clinic)).at(-1).frames > 0);
    await room.lab.heal();
    await sees(clinic, MIDDLE);
    await room.leave(clinic);
  });

test('no page ran into a fault', () => assert.deepEqual(room.people.flatMap((peer) => peer.errors), []));
