/**
 * How long sound is kept back so that what was lost of it is there in time. A browser waits for what comes late only as far as
 * packets do by themselves; the copies that follow a lost one 20 or 40 ms later, or after a round trip, it would mostly throw away. Pure.
 */
import type { Sample } from "./quality";

const repairMs = 120;
/** Of the packets, smoothed over some seconds. */
const lossy = 0.08;
const clean = 0.02;
const weight = 0.3;

export class Patience {
  private before: Sample | null = null;
  private share = 0;
  private isLong = false;

  /** ms, null: as the browser likes. */
  look(now: Sample): number | null {
    const base = this.before && this.before.soundPackets <= now.soundPackets ? this.before : null;
    const heard = now.soundPackets - (base?.soundPackets ?? 0), lost = Math.max(0, now.soundLost - (base?.soundLost ?? 0));
    this.before = now;
    if (heard > 0) this.share += weight * (lost / (lost + heard) - this.share);
    this.isLong = this.share > (this.isLong ? clean : lossy);
    return this.isLong ? repairMs : null;
  }
}
