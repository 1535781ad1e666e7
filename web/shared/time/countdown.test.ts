import { describe, expect, it } from "vitest";
import { countdown, minutesSeconds, secondsLeft } from "./countdown";
import { dayBounds } from "./zone";

const now = Date.parse("2026-11-22T03:00:00Z");
const dayEnd = dayBounds({ year: 2026, month: 11, day: 22 }).to.getTime();
const at = (iso: string) => countdown(Date.parse(iso), now, dayEnd);

describe("countdown to the next consultation", () => {
  it("counts days after today by the wall's midnight, not by 24 hours", () => {
    expect(at("2026-11-22T17:00:00Z")).toEqual({ phase: "later", days: 1 });
    expect(at("2026-11-24T16:59:00Z")).toEqual({ phase: "later", days: 2 });
  });
  it("counts hours and minutes today, begun minutes full", () => {
    expect(at("2026-11-22T07:00:00Z")).toEqual({ phase: "today", hours: 4, minutes: 0 });
    expect(at("2026-11-22T03:10:01Z")).toEqual({ phase: "today", hours: 0, minutes: 11 });
  });
  it("counts seconds in the last ten minutes, even over midnight", () => {
    expect(at("2026-11-22T03:09:59Z")).toEqual({ phase: "soon", minutes: 9, seconds: 59 });
    expect(countdown(dayEnd + 60_000, dayEnd - 60_000, dayEnd)).toEqual({ phase: "soon", minutes: 2, seconds: 0 });
  });
  it("says now for the first minute, and then how late it is", () => {
    expect(at("2026-11-22T03:00:00Z")).toEqual({ phase: "now" });
    expect(at("2026-11-22T02:59:01Z")).toEqual({ phase: "now" });
    expect(at("2026-11-22T02:55:00Z")).toEqual({ phase: "late", minutes: 5 });
  });
});

describe("short durations", () => {
  it("never shows less than nothing left", () => {
    expect(secondsLeft(1000, 5000)).toBe(0);
    expect(secondsLeft(5001, 4000)).toBe(2);
  });
  it.each([[0, "0:00"], [9.6, "0:10"], [90, "1:30"], [3725, "1:02:05"]])("shows %d s as %s", (s, text) => {
    expect(minutesSeconds(s)).toBe(text);
  });
});
