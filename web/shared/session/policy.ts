/**
 * When to try again. Policy apart from mechanism: the session asks, it never computes a delay itself.
 * The first try is at once (most drops are a blink), then the delays double; chance spreads a hospital's worth of
 * browsers that all lost the same server in the same second.
 */
export interface RetryPolicy {
  /** Milliseconds to wait before try number `attempt` (0 is the first after the loss). */
  delayMs(attempt: number): number;
}

export interface BackoffOptions {
  firstMs: number;
  mostMs: number;
  /** Share of the delay that is left to chance, 0 to 1. */
  spread: number;
  random?: () => number;
}

export function backoff({ firstMs, mostMs, spread, random = Math.random }: BackoffOptions): RetryPolicy {
  return {
    delayMs(attempt) {
      if (attempt <= 0) return 0;
      const full = Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 20));
      return Math.round(full * (1 - spread + spread * random()));
    },
  };
}

/** A server that restarts is back within seconds, so the longest wait is short: nobody should sit before a dead page. */
export const socketPolicy = backoff({ firstMs: 300, mostMs: 4000, spread: 0.4 });
/** A transport that will not come up: room for ICE to try TCP and TURN in between. */
export const transportPolicy = backoff({ firstMs: 1000, mostMs: 10_000, spread: 0.2 });

/**
 * How long a socket may take to open before it is given up for another. TCP asks again after 1, 3, 7, 15 and 31 s, so a socket
 * that was begun in an outage finds out late that the line is back; a fresh one asks at once. Sockets are not opened faster
 * than this: browsers slow down pages that open many. `rttMs` is the line's round trip as last seen, if any was.
 * While media flow there is no outage but a bad line, on which TCP and TLS with their repeats take many seconds: patience.
 */
export function openWithinMs(attempt: number, rttMs: number | null, mediaFlow: boolean): number {
  if (rttMs === null || mediaFlow) return 15_000;
  return Math.min(5000, 2000 + 500 * attempt) + 5 * rttMs;
}
