/**
 * What the browser measured, as the few figures that a report carries. Counters only grow, so a report is the
 * difference of two samples; a new peer connection starts from zero. Pure but for `sample`.
 */
import type * as P from "../protocol/messages";

export interface Sample {
  samples: number;
  concealed: number;
  packets: number;
  lost: number;
  freezes: number;
  rttMs: number | null;
  jitterMs: number;
  protocol: P.Quality["protocol"] | null;
}

type Stat = Readonly<Record<string, unknown>>;
const number = (value: unknown) => (typeof value === "number" ? value : 0);

export function readStats(stats: Iterable<Stat>): Sample {
  const byId = new Map<unknown, Stat>();
  for (const stat of stats) byId.set(stat.id, stat);
  const result: Sample = { samples: 0, concealed: 0, packets: 0, lost: 0, freezes: 0, rttMs: null, jitterMs: 0, protocol: null };
  for (const stat of byId.values()) {
    if (stat.type === "inbound-rtp") addInbound(result, stat);
    if (stat.type === "candidate-pair" && isInUse(stat, byId)) {
      if (typeof stat.currentRoundTripTime === "number") result.rttMs = Math.round(stat.currentRoundTripTime * 1000);
      result.protocol = protocolOf(byId.get(stat.localCandidateId));
    }
  }
  return result;
}

function addInbound(result: Sample, stat: Stat): void {
  result.packets += number(stat.packetsReceived);
  result.lost += Math.max(0, number(stat.packetsLost) - number(stat.retransmittedPacketsReceived));
  result.freezes += number(stat.freezeCount);
  if (stat.kind !== "audio") return;
  // Before the first packet and in silence without packets nothing is really missing.
  result.samples += number(stat.totalSamplesReceived);
  result.concealed += number(stat.concealedSamples) - number(stat.silentConcealedSamples);
  if (number(stat.packetsReceived) > 0) result.jitterMs = Math.max(result.jitterMs, Math.round(number(stat.jitter) * 1000));
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

export function qualityBetween(before: Sample | null, now: Sample): Omit<P.Quality, "type"> {
  const base = before && before.packets <= now.packets ? before : null;
  const since = (key: "samples" | "concealed" | "packets" | "lost" | "freezes") => Math.max(0, now[key] - (base?.[key] ?? 0));
  const permille = (part: number, whole: number) => (whole > 0 ? Math.min(1000, Math.round((1000 * part) / whole)) : 0);
  const quality: Omit<P.Quality, "type"> = {
    concealed_permille: permille(since("concealed"), since("samples")),
    freezes: since("freezes"),
    jitter_ms: now.jitterMs,
    loss_permille: permille(since("lost"), since("lost") + since("packets")),
  };
  if (now.rttMs !== null) quality.rtt_ms = now.rttMs;
  if (now.protocol !== null) quality.protocol = now.protocol;
  return quality;
}

export type Line = NonNullable<P.Participant["connection"]>;

/** One word for a line, from what is heard first and seen second. */
export function lineOf(quality: Omit<P.Quality, "type">): Line {
  const concealed = quality.concealed_permille ?? 0;
  const loss = quality.loss_permille ?? 0;
  const rtt = quality.rtt_ms ?? 0;
  if (concealed > 80 || loss > 150 || rtt > 800) return "poor";
  if (concealed > 20 || loss > 40 || rtt > 350 || (quality.freezes ?? 0) > 1) return "fair";
  return "good";
}

export async function sample(connection: RTCPeerConnection): Promise<Sample> {
  const report = await connection.getStats();
  return readStats([...(report as unknown as Map<string, Stat>).values()]);
}
