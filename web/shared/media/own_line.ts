/**
 * Whether one's own line carries little, by the browser's estimate and by the server's word. Pure.
 *
 * While pictures give way a browser sends next to nothing, and never finds out that the line carries more again: so now and then
 * they are let go on for a moment, less and less often, and at once when the server says that the line is whole.
 */
import { isThin } from "./quality";

const firstPatienceMs = 12_000;
const longestPatienceMs = 60_000;
const trialMs = 4000;

export class OwnLine {
  private seen = false;
  private told = false;
  private patienceMs = firstPatienceMs;
  private trialAt = 0;

  /** Sound has to save. */
  get thin(): boolean {
    return this.seen || this.told;
  }

  /** The browser's estimate of now, where it tells one. */
  look(estimateBps: number | undefined, nowMs: number): void {
    const was = this.thin;
    this.seen = isThin(this.seen, estimateBps);
    this.note(was, nowMs);
  }

  tell(thin: boolean, nowMs: number): void {
    const was = this.thin;
    if (this.told && !thin) this.trialAt = nowMs;
    this.told = thin;
    this.note(was, nowMs);
  }

  /** Pictures are to leave the line to sound. */
  givesWay(nowMs: number): boolean {
    if (nowMs >= this.trialAt + trialMs) this.wait(nowMs, Math.min(2 * this.patienceMs, longestPatienceMs));
    return this.thin && nowMs < this.trialAt;
  }

  private note(was: boolean, nowMs: number): void {
    if (!was && this.thin) this.wait(nowMs, firstPatienceMs);
  }

  private wait(nowMs: number, patienceMs: number): void {
    this.patienceMs = patienceMs;
    this.trialAt = nowMs + patienceMs;
  }
}
