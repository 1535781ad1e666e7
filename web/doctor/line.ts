/** How the line to the server is, from a few small requests. Words, not megabits: what matters is what it means. */

export type LineQuality = "good" | "fair" | "poor" | "unknown";

const tries = 5;
const withinMs = 3000;

export async function measureLine(signal: AbortSignal): Promise<LineQuality> {
  const times: number[] = [];
  let lost = 0;
  for (let i = 0; i < tries && !signal.aborted; i++) {
    const started = performance.now();
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]) }).catch(() => null);
    if (answer?.ok) times.push(performance.now() - started);
    else lost += 1;
  }
  return judge(times, lost);
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
