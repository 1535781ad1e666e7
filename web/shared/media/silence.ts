/**
 * When has nothing come for too long? Sound and pictures come every few hundredths of a second, sound that is sent on demand (DTX)
 * every 400 ms, and over a line with much jitter in bursts: so too long is three times the longest wait of late. A wait is what a look
 * finds nothing in: a page that was too busy to look has not seen the line wait. Pure.
 */
export const lookEveryMs = 50;
const leastMs = 200;
const mostMs = 1500;
/** A wait that is longer is an outage, and not how this line or this speaker is. */
const habitMs = mostMs / 3;
/** What a long wait counts for, from one arrival to the next: half of it within five seconds. */
const fading = 0.993;

export class Silence {
  /** When something last came; 0 before anything has, and in silence. */
  heardMs = 0;
  private cameMs = 0;
  private emptyMs = 0;
  private waitedMs = 0;

  /** `came`: something new has since the last look. True once when silence falls, and again after something has come. */
  look(came: boolean, nowMs: number): boolean {
    if (came) {
      const wait = this.emptyMs - this.cameMs;
      this.waitedMs = Math.max(wait < habitMs ? wait : 0, this.waitedMs * fading);
      this.heardMs = this.cameMs = nowMs;
    } else if (this.cameMs > 0) {
      this.emptyMs = nowMs;
      if (this.heardMs > 0 && this.isTooLong(nowMs - this.heardMs)) {
        this.heardMs = 0;
        return true;
      }
    }
    return false;
  }

  private isTooLong(forMs: number): boolean {
    return forMs > Math.min(mostMs, Math.max(leastMs, 3 * this.waitedMs));
  }
}
