/**
 * What the browser measured, as the few figures that a report carries. Counters only grow, so a report is the
 * difference of two samples; a new peer connection starts from zero. Pure but for `sample`.
 */
import type * as P from "../protocol/messages";

export type Report = Omit<P.Quality, "type">;

/** Counters since the connection began. */
interface Counters {
  samples: number;
  concealed: number;
  packets: number;
  soundPackets: number;
  lost: number;
  freezes: number;
  frozenMs: number;
  decoded: number;
  dropped: number;
  bufferMs: number;
  buffered: number;
}

export interface Sample extends Counters {
  rttMs: number | null;
  jitterMs: number;
  estimateBps: number | null;
  limited: P.Quality["limited"] | null;
  protocol: P.Quality["protocol"] | null;
  /** Frames decoded, by the mid of their line. */
  frames: ReadonlyMap<string, number>;
}

type Stat = Readonly<Record<string, unknown>>;
const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : 0);

export function readStats(stats: Iterable<Stat>): Sample {
  const byId = new Map<unknown, Stat>();
  for (const stat of stats) byId.set(stat.id, stat);
  const counters: Counters = { samples: 0, concealed: 0, packets: 0, soundPackets: 0, lost: 0, freezes: 0, frozenMs: 0, decoded: 0, dropped: 0, bufferMs: 0, buffered: 0 };
  const frames = new Map<string, number>();
  let jitterMs = 0;
  for (const stat of byId.values()) {
    if (stat.type !== "inbound-rtp") continue;
    addInbound(counters, stat);
    if (stat.kind === "audio" && number(stat.packetsReceived) > 0) jitterMs = Math.max(jitterMs, Math.round(number(stat.jitter) * 1000));
    if (stat.kind === "video" && typeof stat.mid === "string") frames.set(stat.mid, number(stat.framesDecoded));
  }
  return { ...counters, jitterMs, frames, limited: limitOf(byId), ...pathOf(byId) };
}

function addInbound(counters: Counters, stat: Stat): void {
  counters.packets += number(stat.packetsReceived);
  counters.lost += Math.max(0, number(stat.packetsLost) - number(stat.retransmittedPacketsReceived));
  if (stat.kind === "audio") {
    // Before the first packet and in silence without packets nothing is really missing.
    counters.samples += number(stat.totalSamplesReceived);
    counters.concealed += number(stat.concealedSamples) - number(stat.silentConcealedSamples);
    counters.soundPackets += number(stat.packetsReceived);
    counters.bufferMs += number(stat.jitterBufferDelay) * 1000;
    counters.buffered += number(stat.jitterBufferEmittedCount);
  } else {
    counters.freezes += number(stat.freezeCount);
    counters.frozenMs += number(stat.totalFreezesDuration) * 1000;
    counters.decoded += number(stat.framesDecoded);
    counters.dropped += number(stat.framesDropped);
  }
}

/** What holds one's own encoders back; of several, what holds back most. Firefox does not tell. */
function limitOf(stats: ReadonlyMap<unknown, Stat>): Sample["limited"] {
  const order = ["none", "other", "bandwidth", "cpu"] as const;
  let worst = -1;
  for (const stat of stats.values()) {
    if (stat.type === "outbound-rtp" && stat.kind === "video") worst = Math.max(worst, order.indexOf(stat.qualityLimitationReason as (typeof order)[number]));
  }
  return order[worst] ?? null;
}

function pathOf(stats: ReadonlyMap<unknown, Stat>): Pick<Sample, "rttMs" | "estimateBps" | "protocol"> {
  for (const stat of stats.values()) {
    if (stat.type !== "candidate-pair" || !isInUse(stat, stats)) continue;
    return {
      rttMs: typeof stat.currentRoundTripTime === "number" ? Math.round(stat.currentRoundTripTime * 1000) : reportedRtt(stats),
      estimateBps: typeof stat.availableOutgoingBitrate === "number" ? Math.round(stat.availableOutgoingBitrate) : null,
      protocol: protocolOf(stats.get(stat.localCandidateId)),
    };
  }
  return { rttMs: null, estimateBps: null, protocol: null };
}

/** Firefox tells no round trip of the path, but that of the reports on what it sends. */
function reportedRtt(stats: ReadonlyMap<unknown, Stat>): number | null {
  for (const stat of stats.values()) {
    if (stat.type === "remote-inbound-rtp" && typeof stat.roundTripTime === "number") return Math.round(stat.roundTripTime * 1000);
  }
  return null;
}

function isInUse(pair: Stat, byId: ReadonlyMap<unknown, Stat>): boolean {
  for (const stat of byId.values()) {
    if (stat.type === "transport" && stat.selectedCandidatePairId) return stat.selectedCandidatePairId === pair.id;
  }
  return pair.selected === true || (pair.nominated === true && pair.state === "succeeded");
}

function protocolOf(local: Stat | undefined): Sample["protocol"] {
  if (!local) return null;
  if (local.candidateType === "relay") return local.relayProtocol === "tls" ? "turn-tls" : local.relayProtocol === "tcp" ? "turn-tcp" : "turn-udp";
  return local.protocol === "tcp" ? "tcp" : "udp";
}

export function qualityBetween(before: Sample | null, now: Sample): Report {
  const base = before && before.packets <= now.packets ? before : null;
  const since = (key: keyof Counters) => Math.max(0, now[key] - (base?.[key] ?? 0));
  const permille = (part: number, whole: number) => (whole > 0 ? Math.min(1000, Math.round((1000 * part) / whole)) : 0);
  const quality: Report = {
    loss_permille: permille(since("lost"), since("lost") + since("packets")),
    jitter_ms: now.jitterMs,
    freezes: since("freezes"),
    frozen_ms: Math.round(since("frozenMs")),
    frames_decoded: since("decoded"),
    frames_dropped: since("dropped"),
  };
  // Without sound there is nothing to conceal: who is alone hears a perfect silence.
  if (since("soundPackets") > 0) quality.concealed_permille = permille(since("concealed"), since("samples"));
  if (since("buffered") > 0) quality.buffer_ms = Math.round(since("bufferMs") / since("buffered"));
  if (now.rttMs !== null) quality.rtt_ms = now.rttMs;
  if (now.estimateBps !== null) quality.estimate_bps = now.estimateBps;
  if (now.limited !== null) quality.limited = now.limited;
  if (now.protocol !== null) quality.protocol = now.protocol;
  return quality;
}

/** The lines on which a picture came before and none has come since: what is shown there stands still. */
export function stillBetween(before: Sample | null, now: Sample): ReadonlySet<string> {
  const still = new Set<string>();
  for (const [mid, frames] of now.frames) {
    if (frames > 0 && before?.frames.get(mid) === frames) still.add(mid);
  }
  return still;
}

export type Line = NonNullable<P.Participant["connection"]>;

/** One word for a line, from what is heard first and seen second. */
export function lineOf(quality: Report): Line {
  const concealed = quality.concealed_permille ?? 0;
  const loss = quality.loss_permille ?? 0;
  const rtt = quality.rtt_ms ?? 0;
  if (concealed > 80 || loss > 150 || rtt > 800) return "poor";
  if (concealed > 20 || loss > 40 || rtt > 350 || (quality.freezes ?? 0) > 1) return "fair";
  return "good";
}

/*
 * The way up, of which this page alone knows, by the browser's estimate. Of the way down the server judges by its own, with much
 * the same bounds (THIN_BPS and WIDE_BPS in media/member_tick.c): either is enough to save, so the two need not be equal.
 */
const thinBps = 100_000;
const wideBps = 180_000;

/** Whether so little can be sent that sound has to save, with some distance before it is taken back. */
export function isThin(was: boolean, estimateBps: number | undefined): boolean {
  return estimateBps === undefined ? was : estimateBps < (was ? wideBps : thinBps);
}

/** When packets last came and left, by whatever path, and when that was asked; by the browser's clock for packets. */
export interface LastPackets {
  cameMs: number;
  sentMs: number;
  atMs: number;
}

/** null: the browser does not tell, or none has come. */
export async function lastPackets(connection: RTCPeerConnection): Promise<LastPackets | null> {
  const last = { cameMs: 0, sentMs: 0, atMs: 0 };
  const report = await connection.getStats();
  for (const stat of (report as unknown as Map<string, Stat>).values()) {
    if (stat.type !== "candidate-pair") continue;
    last.cameMs = Math.max(last.cameMs, number(stat.lastPacketReceivedTimestamp));
    last.sentMs = Math.max(last.sentMs, number(stat.lastPacketSentTimestamp));
    last.atMs = number(stat.timestamp);
  }
  return last.cameMs > 0 ? last : null;
}

export async function sample(connection: RTCPeerConnection): Promise<Sample> {
  const report = await connection.getStats();
  return readStats([...(report as unknown as Map<string, Stat>).values()]);
}
