/**
 * The ways from this browser to the media server, from the best to the last resort: UDP, TCP, and through each TURN server.
 * Each rung is really tried: a peer connection to a media worker that may use this way only. Browser only but for
 * `waysOf`, `onlyOver` and `targetsOf`.
 */
import type { IceServer } from "../api/types";

export type Way = "udp" | "tcp" | "turn-udp" | "turn-tcp" | "turn-tls";
export type Rung = {
  readonly way: Way;
  /** `blocked`: no answer came this way, and the server was heard another way meanwhile. `unknown`: nothing is known to be wrong with it. */
  readonly state: "trying" | "open" | "blocked" | "unknown";
  /** From the answer to connected: checks and handshake. */
  readonly ms?: number;
  /** What a firewall has to let through: address and port. */
  readonly to: readonly string[];
};

interface Attempt {
  way: Way;
  /** Only through this TURN server. */
  relay?: IceServer;
}

/** Whether the server is heard now by a way that is open for certain. */
export type Answers = () => Promise<boolean>;

/** Answers an SDP offer with that of a test transport. */
export type Offerer = (sdp: string, signal: AbortSignal) => Promise<string>;

/** A satellite's round trip, lost packets and TLS to a relay fit in; who waits longer has joined another way. */
const withinMs = 8000;

export function waysOf(iceServers: readonly IceServer[]): Attempt[] {
  const relays = iceServers.flatMap((server) => [server.urls].flat().map((url) => ({ way: relayWay(url), relay: { ...server, urls: [url] } })));
  return [{ way: "udp" }, { way: "tcp" }, ...relays.filter((relay): relay is { way: Way; relay: IceServer } => relay.way !== null)];
}

function relayWay(url: string): Way | null {
  if (url.startsWith("turns:")) return "turn-tls";
  if (!url.startsWith("turn:")) return null;
  return /[?&]transport=tcp/i.test(url) ? "turn-tcp" : "turn-udp";
}

/** Leaves only the candidates of one protocol: then nothing else can be what connected. */
export function onlyOver(protocol: "udp" | "tcp", sdp: string): string {
  const lines = sdp.split(/\r?\n/).filter((line) => !line.startsWith("a=candidate:") || line.split(" ")[2]?.toLowerCase() === protocol);
  return lines.join("\r\n");
}

export function targetsOf(sdp: string): string[] {
  const candidates = sdp.split(/\r?\n/).filter((line) => line.startsWith("a=candidate:"));
  return [...new Set(candidates.map((line) => line.split(" ").slice(4, 6).join(":")))];
}

function relayTarget(url: string): string {
  const host = url.replace(/^turns?:/, "").replace(/\?.*$/, "");
  return /:\d+$/.test(host) ? host : `${host}:${url.startsWith("turns:") ? 5349 : 3478}`;
}

/**
 * Tries all ways at once and tells each time one is known. Resolves when all are. Where no way at all was open it may be the machine
 * that had no time, or the line that is away: then only a server that answers otherwise makes a way blocked.
 */
export async function climb(iceServers: readonly IceServer[], offer: Offerer, answers: Answers, tell: (rungs: readonly Rung[]) => void, signal: AbortSignal): Promise<readonly Rung[]> {
  const attempts = waysOf(iceServers);
  const rungs: Rung[] = attempts.map(({ way, relay }) => ({ way, state: "trying", to: relay ? [relay.urls].flat().map(relayTarget) : [] }));
  const known = async (attempt: Attempt, index: number) => {
    const before = rungs[index] ?? { way: attempt.way, state: "trying", to: [] };
    const found = await tryWay(attempt, offer, signal);
    const sure = found.state !== "blocked" || rungs.some((rung) => rung.state === "open") || (await answers());
    rungs[index] = { ...before, ...found, ...(sure ? {} : { state: "unknown" }) };
    if (!signal.aborted) tell([...rungs]);
  };
  tell([...rungs]);
  await Promise.all(attempts.map(known));
  return rungs;
}

type Result = Pick<Rung, "state" | "ms"> & Partial<Pick<Rung, "to">>;

async function tryWay({ way, relay }: Attempt, offer: Offerer, signal: AbortSignal): Promise<Result> {
  let connection: RTCPeerConnection | null = null;
  try {
    connection = new RTCPeerConnection(relay ? { iceServers: [{ ...relay, urls: [...[relay.urls].flat()] }], iceTransportPolicy: "relay" } : {}); // throws for a relay without credentials
    connection.addTransceiver("audio", { direction: "recvonly" });
    await connection.setLocalDescription();
    const answer = onlyOver(way === "tcp" ? "tcp" : "udp", await offer(connection.localDescription?.sdp ?? "", signal));
    const started = performance.now();
    await connection.setRemoteDescription({ type: "answer", sdp: answer });
    const open = await connects(connection, signal);
    const found = relay ? {} : { to: targetsOf(answer) };
    if (open) return { ...found, state: "open", ms: Math.round(performance.now() - started) };
    return { ...found, state: /^(connected|completed)$/.test(connection.iceConnectionState) ? "unknown" : "blocked" }; // checks came through, and only the handshake did not end
  } catch {
    return { state: "unknown" };
  } finally {
    connection?.close();
  }
}

function connects(connection: RTCPeerConnection, signal: AbortSignal): Promise<boolean> {
  return new Promise((done) => {
    const over = () => done(connection.connectionState === "connected");
    const look = () => /^(connected|failed|closed)$/.test(connection.connectionState) && over();
    connection.addEventListener("connectionstatechange", look);
    const stop = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
    stop.addEventListener("abort", over);
    if (stop.aborted) over(); // it is not told twice
    look();
  });
}
