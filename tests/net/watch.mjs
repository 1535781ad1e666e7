// What a listener and a viewer get, sampled in their own browser ten times a second and boiled down to figures.
import { watchConnections } from '../web/connections.mjs';

/** Runs in the page after watchConnections, before anything else of it: samples what comes in on its connections. */
function sampler() {
  const page = globalThis.parent; // some are made in an empty frame of it
  const { connections } = page;
  /** A test's wish: without TURN, or by TURN only, at the addresses that match. */
  const relayed = (configuration) => ({ ...configuration, iceTransportPolicy: 'relay',
    iceServers: configuration.iceServers.map((server) => ({ ...server, urls: [server.urls].flat().filter((url) => url.match(page.onlyTurn)) })) });
  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args);
      if (page.noTurn) this.setConfiguration({ ...this.getConfiguration(), iceServers: [] });
      if (page.onlyTurn) this.setConfiguration(relayed(this.getConfiguration()));
    }

    /** The line is tried, not the machine: short of a processor it sends fewer frames, not smaller ones, which would pass for another layer. */
    addTransceiver(...args) {
      const transceiver = super.addTransceiver(...args);
      const { sender } = transceiver;
      if (transceiver.receiver.track.kind === 'video' && transceiver.direction !== 'recvonly')
        void sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' }).catch(() => undefined);
      return transceiver;
    }
  };
  if (page !== globalThis) return;
  const samples = (globalThis.samples = []);
  const take = (sample, stat, all) => {
    if (stat.type === 'candidate-pair' && stat.nominated && (stat.selected || all.get(stat.transportId)?.selectedCandidatePairId === stat.id)) {
      const local = all.get(stat.localCandidateId) ?? {};
      Object.assign(sample, { rtt: stat.currentRoundTripTime, protocol: local.relayProtocol ? `turn-${local.relayProtocol}` : local.protocol,
        from: local.address, address: all.get(stat.remoteCandidateId)?.address, port: all.get(stat.remoteCandidateId)?.port });
    }
    if (stat.type !== 'inbound-rtp' || !stat.packetsReceived) return;
    if (stat.kind === 'audio') {
      sample.heard += stat.totalSamplesReceived ?? 0;
      sample.concealed += (stat.concealedSamples ?? 0) - (stat.silentConcealedSamples ?? 0);
      sample.audioPackets += stat.packetsReceived;
    } else {
      sample.videoBytes += stat.bytesReceived;
      sample.frames += stat.framesDecoded ?? 0;
      sample.freezes += stat.freezeCount ?? 0;
      sample.frozen += stat.totalFreezesDuration ?? 0;
      sample.width = Math.max(sample.width, stat.frameWidth ?? 0);
    }
  };
  const sampleOnce = async () => {
    // The last that was answered: another may stand by.
    const connection = connections.findLast((one) => one.connectionState !== 'closed' && one.remoteDescription);
    if (!connection) return;
    const sample = { at: Date.now(), connection: connections.indexOf(connection), state: connection.connectionState, heard: 0, concealed: 0, audioPackets: 0,
      videoBytes: 0, frames: 0, freezes: 0, frozen: 0, width: 0 };
    const all = await connection.getStats();
    for (const stat of all.values()) take(sample, stat, all);
    samples.push(sample);
  };
  const look = async () => {
    // One that tries the line may be closed while it is asked, and never answers then.
    await Promise.race([sampleOnce().catch(() => undefined), new Promise((done) => setTimeout(done, 1000))]);
    setTimeout(look, 100);
  };
  void look();
}

/** Call before the page is opened. */
export async function watch(peer) {
  await peer.init(watchConnections);
  await peer.init(sampler);
}

/** The samples since `since` (Date.now() of this machine, which the page shares). */
export const samplesOf = (peer, since = 0) => peer.evaluate((from) => globalThis.samples.filter((sample) => sample.at >= from), since);

/** The newest sample of the connection that sound comes by: one that only tries the line, or stands by, has none. */
export const wayIn = async (peer) =>
  (await samplesOf(peer)).findLast(({ protocol, state, audioPackets }) => protocol && state === 'connected' && audioPackets > 0);

/** Steps from one sample to the next on the same connection; a new one counts from zero. */
function steps(samples) {
  return samples.slice(1).map((now, i) => {
    const before = samples[i];
    const base = before.connection === now.connection && before.heard <= now.heard ? before : null;
    const since = (key) => Math.max(0, now[key] - (base?.[key] ?? 0));
    return { at: now.at, ms: now.at - before.at, heard: since('heard'), concealed: since('concealed'), audioPackets: since('audioPackets'),
      videoBytes: since('videoBytes'), frames: since('frames'), freezes: since('freezes'), frozen: since('frozen'), width: now.width };
  });
}

const sum = (list, key) => list.reduce((total, item) => total + item[key], 0);

/** The longest time in a row for which `is` held, in ms. */
function longest(list, is) {
  let run = 0, most = 0;
  for (const step of list) {
    run = is(step) ? run + step.ms : 0;
    most = Math.max(most, run);
  }
  return most;
}

/** Widths in the order they were shown, each as {at, width}; a width counts once it decodes frames. */
export function widths(samples) {
  const list = [];
  for (const step of steps(samples)) if (step.frames > 0 && step.width && step.width !== list.at(-1)?.width) list.push({ at: step.at, width: step.width });
  return list;
}

export function figures(samples) {
  const list = steps(samples);
  const ms = sum(list, 'ms');
  const heard = sum(list, 'heard');
  return {
    seconds: Math.round(ms / 100) / 10,
    concealed: heard ? Math.round((1000 * sum(list, 'concealed')) / heard) / 10 : null, // per cent
    gap: longest(list, (step) => step.audioPackets === 0), // ms without a packet of sound
    fps: Math.round((10000 * sum(list, 'frames')) / ms) / 10,
    still: longest(list, (step) => step.frames === 0), // ms without a new frame
    freezes: sum(list, 'freezes'),
    frozen: Math.round(10 * sum(list, 'frozen')) / 10, // s
    kbps: Math.round((8 * sum(list, 'videoBytes')) / ms),
    width: samples.at(-1)?.width ?? 0,
    changes: Math.max(0, widths(samples).length - 1),
    rtt: Math.round(1000 * (samples.at(-1)?.rtt ?? 0)),
    protocol: samples.at(-1)?.protocol,
  };
}

/** A page that has no processor for a moment, or shows a few frames a second, has steps in which nothing came. */
const FORGIVEN_MS = 600;

/** ms from `since` until `is` held for `hold` ms with but short breaks; null when it never did. */
export function settled(samples, since, is, hold = 2000) {
  let start = null, held = 0;
  for (const step of steps(samples.filter(({ at }) => at >= since))) {
    if (is(step)) held = step.at;
    if (is(step)) start ??= step.at;
    else if (step.at - held > FORGIVEN_MS) start = null;
    if (start !== null && held - start >= hold) return start - since;
  }
  return null;
}
