import { describe, expect, it } from "vitest";
import { nextIn, type Box, type Direction } from "./spatial";

const box = (left: number, top: number, width = 100, height = 72): Box => ({ left, top, right: left + width, bottom: top + height });
const names = ["join", "check", "help", "language"] as const;
/** As the idle page has them: a wide button, two below, a small one at the top right. */
const page: Record<(typeof names)[number], Box> = {
  join: box(600, 400, 600, 100),
  check: box(600, 540, 290),
  help: box(910, 540, 290),
  language: box(1100, 20, 120),
};
function go(from: (typeof names)[number], direction: Direction): string | null {
  const others = names.filter((name) => name !== from);
  const found = nextIn(direction, page[from], others.map((name) => page[name]));
  return found === -1 ? null : (others[found] ?? null);
}

describe("arrow keys", () => {
  it("go along a row and back", () => {
    expect(go("check", "right")).toBe("help");
    expect(go("help", "left")).toBe("check");
  });
  it("go up to the wide button from either of those below", () => {
    expect(go("check", "up")).toBe("join");
    expect(go("help", "up")).toBe("join");
  });
  it("reach what stands off the column when nothing is nearer", () => {
    expect(go("join", "up")).toBe("language");
    expect(go("language", "down")).toBe("join");
  });
  it("stay where nothing lies that way", () => {
    expect(go("check", "left")).toBeNull();
    expect(go("language", "up")).toBeNull();
    expect(nextIn("down", page.join, [])).toBe(-1);
  });
  it("prefer the same row to what is nearer but off it", () => {
    expect(nextIn("right", box(0, 0), [box(110, 200), box(400, 0)])).toBe(1);
  });
  it("take buttons that touch as neighbours", () => {
    expect(nextIn("right", box(0, 0), [box(98, 0)])).toBe(0);
    expect(nextIn("left", box(98, 0), [box(0, 0)])).toBe(0);
  });
});

it("goes down from a wide button to the first of two that are as near, whatever the half pixels say", () => {
  expect(nextIn("down", box(600, 400, 620.5, 100), [box(600, 540, 300.3), box(920, 540, 300.6)])).toBe(0);
});
