/** A camera that turns: from thousandths of its range, as the room speaks of it, to the camera's own figures. Pure. */

export interface Range {
  min: number;
  max: number;
  step?: number;
}
export type Axis = "pan" | "tilt" | "zoom";
const axes: readonly Axis[] = ["pan", "tilt", "zoom"];

export type Ranges = Partial<Record<Axis, Range>>;
export type Position = Partial<Record<Axis, number>>;

/** What the camera can do; empty when it is fixed. A range without width turns nothing. */
export function rangesOf(capabilities: object): Ranges {
  const found: Ranges = {};
  for (const axis of axes) {
    const range = (capabilities as Record<string, unknown>)[axis] as Range | undefined;
    if (range && typeof range === "object" && range.max > range.min) found[axis] = range;
  }
  return found;
}

/** Where to go: `wanted` in thousandths; relative to `now` (the camera's figures) or absolute. What it cannot do is left out. */
export function turned(ranges: Ranges, now: Position, wanted: Position, relative: boolean): Position {
  const to: Position = {};
  for (const axis of axes) {
    const range = ranges[axis];
    const permille = wanted[axis];
    if (!range || permille === undefined) continue;
    const width = range.max - range.min;
    const whole = axis === "zoom" ? 1000 : 2000; // pan and tilt go both ways from the middle
    const from = relative ? (now[axis] ?? (range.min + range.max) / 2) : axis === "zoom" ? range.min : (range.min + range.max) / 2;
    to[axis] = onStep(range, from + (permille / whole) * width);
  }
  return to;
}

function onStep({ min, max, step }: Range, value: number): number {
  const stepped = step && step > 0 ? min + Math.round((value - min) / step) * step : value;
  return Math.min(max, Math.max(min, stepped));
}
