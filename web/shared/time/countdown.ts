/** How long until, or since when: the steps in which a person thinks about it. Pure; the caller says what time it is. */

import { MINUTE_MS } from "./zone";

export type Countdown =
  | { phase: "later"; days: number }
  | { phase: "today"; hours: number; minutes: number }
  | { phase: "soon"; minutes: number; seconds: number }
  | { phase: "now" }
  | { phase: "late"; minutes: number };

const SOON_MS = 10 * MINUTE_MS;
const LATE_MS = 1 * MINUTE_MS;

/** Where `nowMs` stands before or after `startMs`; `dayEndMs` is the end of the present day on the wall. */
export function countdown(startMs: number, nowMs: number, dayEndMs: number): Countdown {
  const left = startMs - nowMs;
  if (left <= -LATE_MS) return { phase: "late", minutes: Math.floor(-left / MINUTE_MS) };
  if (left <= 0) return { phase: "now" };
  if (left <= SOON_MS) {
    const seconds = Math.ceil(left / 1000);
    return { phase: "soon", minutes: Math.floor(seconds / 60), seconds: seconds % 60 };
  }
  if (startMs >= dayEndMs) return { phase: "later", days: Math.floor((startMs - dayEndMs) / (24 * 60 * MINUTE_MS)) + 1 };
  const minutes = Math.ceil(left / MINUTE_MS);
  return { phase: "today", hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}

/** Seconds left of a wait that ends at `untilMs`, never below nought. */
export const secondsLeft = (untilMs: number, nowMs: number) => Math.max(0, Math.ceil((untilMs - nowMs) / 1000));

/** 90 → "1:30"; for waits and for the length of a recording. */
export function minutesSeconds(totalSeconds: number): string {
  const s = Math.max(0, Math.round(totalSeconds));
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  const seconds = String(s % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}
