/**
 * How one sender encodes, as it is wanted now. The browser refuses a second setParameters while one is under way, and one whose
 * parameters are no longer the last that were read: so one is written at a time, read anew before each. What was refused all the
 * same is written at the next `want`, be it the same as the last.
 */
export type Wanted = Pick<RTCRtpEncodingParameters, "rid" | "active" | "maxBitrate" | "maxFramerate">;

const figures = ["maxBitrate", "maxFramerate"] as const;

export class Encoder {
  private wanted: readonly Wanted[] = [];
  private writing: Promise<void> | null = null;

  constructor(private readonly sender: Pick<RTCRtpSender, "getParameters" | "setParameters">) {}

  /** Resolves when this, or what has been wanted since, was written or refused. */
  want(wanted: readonly Wanted[]): Promise<void> {
    this.wanted = wanted;
    this.writing ??= this.write().finally(() => (this.writing = null));
    return this.writing;
  }

  private async write(): Promise<void> {
    let written: readonly Wanted[] | null = null;
    while (written !== this.wanted) {
      written = this.wanted;
      const parameters = this.sender.getParameters();
      const changed = parameters.encodings.map((encoding, index) => change(encoding, wantedOf(written ?? [], encoding, index)));
      if (changed.some(Boolean)) await this.sender.setParameters(parameters).catch(() => undefined);
    }
  }
}

/** An answer may have taken layers away, so the name counts before the place. */
function wantedOf(wanted: readonly Wanted[], { rid }: RTCRtpEncodingParameters, index: number): Wanted | undefined {
  return wanted.find((one) => rid !== undefined && one.rid === rid) ?? wanted[index];
}

/** True if it was otherwise before. */
function change(encoding: RTCRtpEncodingParameters, wanted: Wanted | undefined): boolean {
  if (!wanted) return false;
  const before = JSON.stringify(encoding);
  encoding.active = wanted.active ?? true;
  for (const figure of figures) {
    const value = wanted[figure];
    if (value === undefined) delete encoding[figure];
    else encoding[figure] = value;
  }
  return JSON.stringify(encoding) !== before;
}
