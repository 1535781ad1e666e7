/**
 * How much the line carries both ways, from a few transfers that grow until one takes long enough to tell. Bounded: at most
 * 336 kB each way, on a thin line a few kB; never longer than some seconds. No DOM; the clock comes from outside.
 */

export interface Bandwidth {
  /** kbit/s; null when not even the smallest transfer came through in time. */
  down: number | null;
  up: number | null;
}

export interface Transfers {
  down: (bytes: number, signal: AbortSignal) => Promise<void>;
  up: (bytes: number, signal: AbortSignal) => Promise<void>;
}

const sizes = [4, 16, 64, 252].map((kB) => kB * 1024);
/** A transfer of this length says enough: round trip and slow start no longer matter much. */
const longEnoughMs = 600;
const withinMs = 5000;

export async function measureBandwidth(transfers: Transfers, rttMs: number, signal: AbortSignal, now = () => performance.now()): Promise<Bandwidth> {
  const down = await oneWay((bytes, stop) => transfers.down(bytes, stop), rttMs, signal, now);
  const up = await oneWay((bytes, stop) => transfers.up(bytes, stop), rttMs, signal, now);
  return { down, up };
}

async function oneWay(transfer: Transfers["down"], rttMs: number, signal: AbortSignal, now: () => number): Promise<number | null> {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  let kbps: number | null = null;
  for (const bytes of sizes) {
    const started = now();
    const came = await transfer(bytes, stop).then(() => true, () => false);
    if (!came) break;
    const ms = now() - started;
    kbps = rate(bytes, ms, rttMs);
    if (ms > longEnoughMs) break;
  }
  return kbps;
}

/** bit/ms is kbit/s. The request's own round trip is not the transfer's. */
export function rate(bytes: number, ms: number, rttMs: number): number {
  return Math.round((bytes * 8) / Math.max(1, ms - Math.min(rttMs, ms / 2)));
}
