/** Not too often, and the last one always: a hand that rests is seen where it rests. */
export class Throttle {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastMs = -Infinity;

  constructor(private readonly everyMs: number) {}

  /** Acts now, or, when that is too soon, as soon as it is not; what comes meanwhile takes its place. */
  soon(act: () => void): void {
    const waitMs = this.lastMs + this.everyMs - performance.now();
    if (waitMs <= 0) return this.now(act);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(act), waitMs);
  }

  /** Acts whatever was before, in the place of what waits. */
  now(act: () => void): void {
    this.cancel();
    this.lastMs = performance.now();
    act();
  }

  /** What waits does not come. */
  cancel(): void {
    clearTimeout(this.timer);
  }
}
