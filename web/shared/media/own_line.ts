/**
 * Whether one's own line carries little, by the browser's estimate, by the server's word, and while neither is there by what is known from
 * before: a browser begins with 300 kbit/s and more, which on a thin line is a second's worth of queue before the first word is said. Pure.
 *
 * While pictures give way a browser sends next to nothing, and never finds out that the line carries more again: so now and then
 * they are let go on for a moment, less and less often, and at once when the server says that the line is whole. While the server
 * says that it is thin no trial is needed: it will say when it is not.
 */
import { isThin } from "./quality";

const firstPatienceMs = 12_000;
const longestPatienceMs = 60_000;
const trialMs = 4000;

export class OwnLine {
  private seen = false;
  private told = false;
  /** For so long nothing is taken for granted, 0: it is; … */
  private doubtMs = 0;
  /** … counted from then on: not before it is connected. */
  private doubtedMs = Infinity;
  private patienceMs = firstPatienceMs;
  private trialAt = 0;

  /** Sound has to save. */
  get thin(): boolean {
    return this.seen || this.told || this.doubtMs > 0;
  }

  /** Takes the line for thin for so long, once it is connected, or until the server says how it is. */
  doubt(forMs: number, nowMs: number): void {
    const was = this.thin;
    this.doubtMs = Math.max(this.doubtMs, forMs);
    if (this.doubtedMs !== Infinity) this.doubtedMs = nowMs;
    this.note(was, nowMs);
  }

  connected(nowMs: number): void {
    this.doubtedMs = nowMs;
  }

  /** The browser's estimate of now, where it tells one. */
  look(estimateBps: number | undefined, nowMs: number): void {
    const was = this.thin;
    if (nowMs >= this.doubtedMs + this.doubtMs) this.doubtMs = 0;
    this.seen = isThin(this.seen, estimateBps);
    this.note(was, nowMs);
  }

  tell(thin: boolean, nowMs: number): void {
    const was = this.thin;
    if (this.told && !thin) this.trialAt = nowMs;
    this.told = thin;
    this.doubtMs = 0;
    this.note(was, nowMs);
  }

  /** Pictures are to leave the line to sound. */
  givesWay(nowMs: number): boolean {
    if (nowMs >= this.trialAt + trialMs) this.wait(nowMs, Math.min(2 * this.patienceMs, longestPatienceMs));
    return this.thin && (this.told || this.doubtMs > 0 || nowMs < this.trialAt);
  }

  private note(was: boolean, nowMs: number): void {
    if (!was && this.thin) this.wait(nowMs, firstPatienceMs);
  }

  private wait(nowMs: number, patienceMs: number): void {
    this.patienceMs = patienceMs;
    this.trialAt = nowMs + patienceMs;
  }
}
