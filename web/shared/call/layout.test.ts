import { describe, expect, it } from "vitest";
import { gridOf, stageOf } from "./layout";

const laptop = { width: 1280, height: 600 };
const phone = { width: 390, height: 640 };
const gap = 8;

describe("gridOf", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])("fits %i tiles into every screen", (count) => {
    for (const space of [laptop, phone, { width: 1920, height: 980 }]) {
      const { columns, rows, tile } = gridOf(count, space, gap);
      expect(columns * rows).toBeGreaterThanOrEqual(count);
      expect(columns * tile.width + gap * (columns - 1)).toBeLessThanOrEqual(space.width);
      expect(rows * tile.height + gap * (rows - 1)).toBeLessThanOrEqual(space.height);
      expect((count * tile.width * tile.height) / (space.width * space.height)).toBeGreaterThan(0.4);
    }
  });
  it("puts two side by side on a laptop and one above the other on a phone", () => {
    expect(gridOf(2, laptop, gap)).toMatchObject({ columns: 2, rows: 1 });
    expect(gridOf(2, phone, gap)).toMatchObject({ columns: 1, rows: 2 });
  });
  it("makes squares of four and nine on a laptop", () => {
    expect(gridOf(4, laptop, gap)).toMatchObject({ columns: 2, rows: 2 });
    expect(gridOf(9, laptop, gap)).toMatchObject({ columns: 3, rows: 3 });
  });
  it("keeps faces in shape on a very wide and a very tall screen", () => {
    expect(gridOf(1, { width: 3000, height: 500 }, gap).tile).toEqual({ width: 950, height: 500 });
    expect(gridOf(1, { width: 300, height: 2000 }, gap).tile).toEqual({ width: 300, height: 400 });
  });
  it("survives a stage without size", () => expect(gridOf(3, { width: 0, height: 0 }, gap).tile.width).toBe(0));
});

describe("stageOf", () => {
  it("gives all to one who is alone", () => expect(stageOf(0, laptop, gap)).toMatchObject({ strip: "none", main: laptop }));
  it("makes the strip's pictures fit where they can", () => {
    expect(5 * stageOf(5, laptop, gap).small.height + 4 * gap).toBeLessThanOrEqual(laptop.height);
    expect(stageOf(20, laptop, gap).small.height).toBe(84);
  });
  it("keeps the strip beside on a laptop and below on a phone", () => {
    expect(stageOf(3, laptop, gap).strip).toBe("right");
    expect(stageOf(3, phone, gap).strip).toBe("below");
  });
});
