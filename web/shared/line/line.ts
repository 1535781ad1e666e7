/** How the line to the server is, as a whole: round trips, what it carries, and which ways are open. */
import type { IceServer } from "../api/types";
import { type Bandwidth, measureBandwidth, type Transfers } from "./bandwidth";
import { climb, type Offerer, type Rung } from "./ladder";

export type LineQuality = "good" | "fair" | "poor" | "blocked" | "unknown";

export interface LineState {
  readonly done: boolean;
  readonly quality: LineQuality;
  readonly rungs: readonly Rung[];
  readonly bandwidth: Bandwidth | null;
  readonly rttMs: number | null;
}

export const unmeasured: LineState = { done: false, quality: "unknown", rungs: [], bandwidth: null, rttMs: null };

const pings = 5;
const pingWithinMs = 3000;
/** A machine or a line that takes longer for this has had no time for the ways either. */
const heardWithinMs = 2000;

/**
 * Measures and tells what is known so far; the ways are tried while the bytes run. What is measured while the page still loads is too
 * little, but better than nothing for who joins at once: it is measured again when the page is `loaded`.
 */
export async function measureLine(ticket: string, iceServers: readonly IceServer[], loaded: Promise<unknown>, tell: (state: LineState) => void, signal: AbortSignal): Promise<void> {
  let state = unmeasured;
  let disturbed = true;
  const whole = loaded.catch(() => undefined).then(() => (disturbed = false));
  const set = (change: Partial<LineState>) => !signal.aborted && tell((state = { ...state, ...change }));
  const ladder = climb(iceServers, offererFor(ticket), () => isHeard(signal), (rungs) => set({ rungs }), signal);
  const measure = async () => {
    const { times, lost } = await ping(signal);
    const rttMs = times.length > 0 ? Math.min(...times) : null;
    set({ rttMs, quality: judge(times, lost) });
    const wasDisturbed = disturbed;
    const bandwidth = await measureBandwidth(transfersFor(ticket), rttMs ?? 0, signal);
    set({ bandwidth, quality: worst(judge(times, lost), carries(bandwidth)) });
    return wasDisturbed;
  };
  if (await measure()) {
    await whole;
    await measure();
  }
  set({ done: true, quality: withWays(state.quality, await ladder) });
}

/** What the ways make of a line that was measured: without one that is open it is nothing yet. */
export function withWays(quality: LineQuality, rungs: readonly Rung[]): LineQuality {
  if (rungs.some((rung) => rung.state === "open")) return quality;
  return rungs.every((rung) => rung.state === "blocked") ? "blocked" : "unknown";
}

/** So that no way is called blocked while the machine has no time, or the whole line is away. */
async function isHeard(signal: AbortSignal): Promise<boolean> {
  return (await pingOnce(signal, heardWithinMs)) !== null;
}

/** How long the answer took in ms, null when none came. */
async function pingOnce(signal: AbortSignal, withinMs: number): Promise<number | null> {
  const started = performance.now();
  const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]) }).catch(() => null);
  return answer?.ok ? performance.now() - started : null;
}

async function ping(signal: AbortSignal): Promise<{ times: number[]; lost: number }> {
  const times: number[] = [];
  let lost = 0;
  for (let i = 0; i < pings && !signal.aborted; i++) {
    const took = await pingOnce(signal, pingWithinMs);
    if (took === null) lost += 1;
    else times.push(took);
  }
  return { times, lost };
}

/** The first request may have opened the connection, so the median speaks. */
export function judge(times: readonly number[], lost: number): LineQuality {
  if (times.length === 0) return "unknown";
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const spread = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0);
  if (lost > 1 || median > 700) return "poor";
  if (lost > 0 || median > 300 || spread > 1500) return "fair";
  return "good";
}

/** kbit/s below which a picture is small, or has to be left out to keep the sound. */
const smallPicture = 600;
const soundOnly = 150;
const longMs = 150;

export function carries({ down, up }: Bandwidth): LineQuality {
  const least = Math.min(down ?? 0, up ?? 0);
  return least < soundOnly ? "poor" : least < smallPicture ? "fair" : "good";
}

/** So little goes up that sound has to save from the first word on. */
export const isThin = ({ bandwidth }: Pick<LineState, "bandwidth">) => bandwidth !== null && (bandwidth.up ?? 0) < soundOnly;

/** Each round trip of a call's beginning is felt. */
export const isLong = ({ rttMs, bandwidth }: Pick<LineState, "rttMs" | "bandwidth">) => (rttMs ?? 0) > longMs || isThin({ bandwidth });

const order: readonly LineQuality[] = ["good", "fair", "poor", "blocked"];

export function worst(a: LineQuality, b: LineQuality): LineQuality {
  return order[Math.max(order.indexOf(a), order.indexOf(b))] ?? "unknown";
}

/** The first open way is the one a call would take. */
export const wayTaken = (rungs: readonly Rung[]) => rungs.find((rung) => rung.state === "open");

function bearer(ticket: string, type?: string): HeadersInit {
  const credential = { Authorization: `Bearer ${ticket}` };
  return type ? { ...credential, "Content-Type": type } : credential;
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(`/api/v1/join/line${path}`, { cache: "no-store", credentials: "omit", ...init });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer;
}

function offererFor(ticket: string): Offerer {
  return async (sdp, signal) => (await ask("", { method: "POST", headers: bearer(ticket, "application/sdp"), body: sdp, signal })).text();
}

function transfersFor(ticket: string): Transfers {
  return {
    down: async (bytes, signal) => void (await (await ask(`/bytes?size=${bytes}`, { headers: bearer(ticket), signal })).arrayBuffer()),
    up: async (bytes, signal) => {
      const body = crypto.getRandomValues(new Uint8Array(Math.min(bytes, 65536)));
      const parts = Array.from({ length: Math.ceil(bytes / body.length) }, () => body);
      await ask("/bytes", { method: "POST", headers: bearer(ticket, "application/octet-stream"), body: new Blob(parts), signal });
    },
  };
}
