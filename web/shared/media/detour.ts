/**
 * When media that once went by UDP have been on a longer way for some time, by TCP or a relay, it is time to look whether UDP works
 * again: a browser gives up a pair that was silent for half a minute (Firefox after some seconds), and never tries it again by itself.
 * Looking is a restart of ICE, which media do not wait for; where it finds nothing the next one comes later. Pure.
 */
import type { Sample } from "./quality";

const firstPatienceMs = 10_000;
const longestPatienceMs = 160_000;

export class Detour {
  private hadUdp = false;
  private patienceMs = firstPatienceMs;
  private lookAt = 0;

  /** `protocol`: of the pair in use. A thin line has no room for an exchange that may be in vain. True when to look now. */
  isOver(protocol: Sample["protocol"], thin: boolean, nowMs: number): boolean {
    if (protocol === "udp") {
      this.hadUdp = true;
      this.patienceMs = firstPatienceMs;
      this.lookAt = 0;
    }
    if (protocol === "udp" || protocol === null || !this.hadUdp) return false;
    if (this.lookAt === 0) this.lookAt = nowMs + this.patienceMs;
    if (thin || nowMs < this.lookAt) return false;
    this.patienceMs = Math.min(2 * this.patienceMs, longestPatienceMs);
    this.lookAt = nowMs + this.patienceMs;
    return true;
  }
}
