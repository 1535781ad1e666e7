import { describe, expect, it } from "vitest";
import { lunarDate } from "./lunar";

describe("lunar date", () => {
  it.each([
    ["Tết 2024", [2024, 2, 10], { day: 1, month: 1, year: 2024, leap: false }],
    ["Tết 2026", [2026, 2, 17], { day: 1, month: 1, year: 2026, leap: false }],
    ["mid-autumn 2026", [2026, 9, 25], { day: 15, month: 8, year: 2026, leap: false }],
    ["leap sixth month of 2025", [2025, 7, 25], { day: 1, month: 6, year: 2025, leap: true }],
    ["last day of the year of the Snake", [2026, 2, 16], { day: 29, month: 12, year: 2025, leap: false }],
  ] as const)("%s", (_name, [y, m, d], expected) => {
    expect(lunarDate(y, m, d)).toEqual(expected);
  });

  it("is Việt Nam's and not Beijing's where the two differ", () => {
    expect(lunarDate(2007, 2, 17)).toEqual({ day: 1, month: 1, year: 2007, leap: false });
    expect(lunarDate(2030, 2, 2)).toEqual({ day: 1, month: 1, year: 2030, leap: false });
    expect(lunarDate(1985, 1, 21)).toEqual({ day: 1, month: 1, year: 1985, leap: false });
  });

  it("agrees with the browser's Chinese calendar on every day of 2026, where both zones have the same new moons", () => {
    const chinese = new Intl.DateTimeFormat("en-u-ca-chinese", { day: "numeric", month: "numeric", timeZone: "UTC" });
    let differing = 0;
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 86_400_000) {
      const parts = Object.fromEntries(chinese.formatToParts(at).map(p => [p.type, p.value]));
      const date = new Date(at);
      const ours = lunarDate(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
      if (Number(parts.day) !== ours.day || Number.parseInt(parts.month!, 10) !== ours.month) differing++;
    }
    expect(differing).toBe(0);
  });
});
