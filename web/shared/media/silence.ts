/**
 * When has nothing come for too long? Sound and pictures come every few hundredths of a second, sound that is sent on demand (DTX)
 * every 400 ms, and over a line with much jitter in bursts: so too long is three times the longest wait of late. What plays says
 * cheaply that something came. When nothing new has played for a moment, the packets are asked: on a line that has just become thin
 * they come without anything to play, and a page that is too busy to look has not seen the line wait. Pure.
 */
export const lookEveryMs = 50;
const askAfterMs = 100;
const leastMs = 200;
const mostMs = 1500;
/** A wait that is longer is an outage, and not how this line or this speaker is. */
const habitMs = mostMs / 3;
/** What a long wait counts for, from one look to the next: half of it within five seconds. */
const fading = 0.993;

export class Silence {
  /** When something last came; 0 before anything has, and in silence. */
  heardMs = 0;
  private packetMs = 0;
  /** How long nothing has come, by all that is known; 0 after something new has. */
  private waitMs = 0;
  private fellMs = 0;
  private waitedMs = 0;

  /** `plays`: something new has played since the last look. True when the packets have to be asked. */
  look(plays: boolean, nowMs: number): boolean {
    if (plays) {
      if (this.heardMs === 0) this.waitMs += nowMs - this.fellMs;
      this.learn();
      this.heardMs = nowMs;
    }
    return this.heardMs > 0 && nowMs - this.heardMs > askAfterMs;
  }

  /** The last packet came at `packetMs`, seen at `atMs`, both by the packets' clock. True once when silence falls, and again after something has played. */
  asked(packetMs: number, atMs: number, nowMs: number): boolean {
    const agoMs = atMs - packetMs;
    if (packetMs > this.packetMs) this.learn();
    this.packetMs = packetMs;
    this.waitMs = agoMs;
    if (this.heardMs === 0) return false;
    const falls = agoMs > Math.min(mostMs, Math.max(leastMs, 3 * this.waitedMs));
    if (falls) this.fellMs = nowMs;
    this.heardMs = falls ? 0 : Math.max(this.heardMs, nowMs - agoMs);
    return falls;
  }

  private learn(): void {
    this.waitedMs = Math.max(this.waitMs < habitMs ? this.waitMs : 0, this.waitedMs * fading);
    this.waitMs = 0;
  }
}
