/** What the idle page decides by the clock and by what the server said. Pure; times come in. */
import type { Consultation } from "../shared/api";
import { MINUTE_MS, wallOf } from "../shared/time/zone";

const nightFromHour = 21;
const nightToHour = 6;
const awakeMs = 2 * MINUTE_MS;
const soonMs = 30 * MINUTE_MS;

/** Dim at night, but not while somebody is at the machine or a consultation is near. */
export function isDim(nowMs: number, lastTouchMs: number, nextStartMs: number | null): boolean {
  const { hour } = wallOf(nowMs);
  const night = hour >= nightFromHour || hour < nightToHour;
  const near = nextStartMs !== null && nextStartMs - nowMs < soonMs;
  return night && !near && nowMs - lastTouchMs > awakeMs;
}

/** How far the server's clock is ahead of this machine's; the middle of the question is when it was read. */
export function clockOffset(serverNow: string, askedMs: number, answeredMs: number): number {
  const server = Date.parse(serverNow);
  return Number.isNaN(server) ? 0 : server - (askedMs + answeredMs) / 2;
}

export type LineWord = "good" | "fair" | "poor" | "lost";

/** The line as a word, from how long the server took to answer. */
export function lineWord(reachable: boolean, answeredInMs: number): LineWord {
  if (!reachable) return "lost";
  if (answeredInMs < 400) return "good";
  return answeredInMs < 1500 ? "fair" : "poor";
}

export type DeviceWord = "ready" | "missing" | "denied" | "unknown";

/** Whether a kind of device is there and may be used; what is not known yet is not called missing. */
export function deviceWord(kinds: readonly string[] | null, kind: "videoinput" | "audioinput", permission: PermissionState | null): DeviceWord {
  if (permission === "denied") return "denied";
  if (kinds === null) return "unknown";
  return kinds.includes(kind) ? "ready" : "missing";
}

/** The day's list without what was called off; the next one stands out of it. */
export function listOf(today: readonly Consultation[], most: number, nowMs: number): Consultation[] {
  const held = today.filter((c) => c.state !== "cancelled").sort((a, b) => a.starts_at.localeCompare(b.starts_at));
  const firstAhead = held.findIndex((c) => c.state !== "ended" && Date.parse(c.ends_at) > nowMs);
  const from = Math.max(0, Math.min(firstAhead === -1 ? held.length : firstAhead - 1, held.length - most));
  return held.slice(from, from + most);
}

/** "K7M2QX" → "K7M 2QX": read aloud in two breaths. */
export const spacedCode = (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`.trim();

/** How long to wait before asking again: two seconds, doubling to half a minute. */
export const retryDelayMs = (failures: number) => Math.min(30_000, 2000 * 2 ** Math.max(0, failures - 1));
