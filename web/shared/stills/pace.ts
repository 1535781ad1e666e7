/** How fast a file may go beside a call: small parts, and a pause after each that leaves the line to the call. Pure. */
import type { Line } from "../media/quality";

export interface Pace {
  /** Of one part. */
  bytes: number;
  /** The pause after a part, as a multiple of what it took. */
  rest: number;
}

/** The server takes no smaller part but the last, and none above 1 MiB. */
export const leastPart = 4096;
const paces: Readonly<Record<Line, Pace>> = {
  good: { bytes: 256 * 1024, rest: 0.5 },
  fair: { bytes: 32 * 1024, rest: 3 },
  poor: { bytes: 8 * 1024, rest: 6 },
  lost: { bytes: leastPart, rest: 9 },
};
const longestRestMs = 20_000;

/** A part that took long was too large, whatever the call's own measure of the line says. */
export function partBytes(line: Line, lastTookMs: number | null): number {
  const { bytes } = paces[line];
  const slow = lastTookMs === null ? 1 : Math.max(1, lastTookMs / 2000);
  return Math.max(leastPart, Math.floor(bytes / slow));
}

export function restMs(line: Line, tookMs: number): number {
  return Math.min(longestRestMs, Math.round(tookMs * paces[line].rest));
}
