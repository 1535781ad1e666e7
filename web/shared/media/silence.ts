/**
 * When has nothing come for too long? Sound and pictures come every few hundredths of a second, sound that is sent on demand (DTX)
 * every 400 ms, and over a line with much jitter in bursts: so too long is three times the longest wait of late. Pure.
 */
const leastMs = 300;
const mostMs = 1500;
/** What a long wait counts for, from one arrival to the next. */
const fading = 0.9;

export class Silence {
  /** When something last came; 0 before anything has, and in silence. */
  heardMs = 0;
  private last = "";
  private waitedMs = 0;

  /** `newest` names what came last, "" when nothing has. True once when silence falls, and again after something has come. */
  look(newest: string, nowMs: number): boolean {
    if (newest !== "" && newest !== this.last) {
      if (this.heardMs > 0) this.waitedMs = Math.max(nowMs - this.heardMs, this.waitedMs * fading);
      this.last = newest;
      this.heardMs = nowMs;
    } else if (this.heardMs > 0 && !this.isHeard(nowMs)) {
      this.heardMs = 0;
      return true;
    }
    return false;
  }

  private isHeard(nowMs: number): boolean {
    return nowMs - this.heardMs <= Math.min(mostMs, Math.max(leastMs, 3 * this.waitedMs));
  }
}
