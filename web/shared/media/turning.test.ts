import { describe, expect, it } from "vitest";
import { rangesOf, turned } from "./turning";

const ranges = { pan: { min: -180, max: 180, step: 1 }, zoom: { min: 100, max: 400, step: 10 } };

describe("a camera that turns", () => {
  it("says what it can do, and nothing when it is fixed", () => {
    expect(rangesOf({ pan: { min: -10, max: 10, step: 1 }, zoom: { min: 1, max: 1 }, width: { min: 1, max: 1920 } })).toEqual({ pan: { min: -10, max: 10, step: 1 } });
    expect(rangesOf({})).toEqual({});
  });
  it("goes to thousandths of its range", () => {
    expect(turned(ranges, {}, { pan: 0, zoom: 0 }, false)).toEqual({ pan: 0, zoom: 100 });
    expect(turned(ranges, {}, { pan: -1000, zoom: 1000 }, false)).toEqual({ pan: -180, zoom: 400 });
  });
  it("goes a step from where it is, and stops at its end", () => {
    expect(turned(ranges, { pan: 90, zoom: 200 }, { pan: 100, zoom: -100 }, true)).toEqual({ pan: 108, zoom: 170 });
    expect(turned(ranges, { pan: 170 }, { pan: 500 }, true)).toEqual({ pan: 180 });
  });
  it("leaves out what it cannot do", () => expect(turned(ranges, {}, { tilt: 500 }, false)).toEqual({}));
});
