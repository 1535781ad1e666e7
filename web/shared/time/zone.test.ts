import { describe, expect, it } from "vitest";
import {
  dayBounds, instantOf, isoDate, parseDate, parseDateTime, parseTime, rfc3339, shiftDay, showDate, showTime, wallOf, zonesDiffer,
} from "./zone";

describe("wall clock of the hospital", () => {
  it("shows Việt Nam's time for an instant told in UTC", () => {
    expect(wallOf("2026-11-22T17:30:00Z")).toEqual({ year: 2026, month: 11, day: 23, hour: 0, minute: 30 });
  });
  it("goes back to the same instant", () => {
    for (const at of ["2026-01-01T00:00:00Z", "2026-11-22T16:59:00Z", "2028-02-29T12:00:00Z"]) {
      expect(rfc3339(instantOf(wallOf(at)))).toBe(at);
    }
  });
  it("goes back to the same instant across a change of the clocks elsewhere", () => {
    for (const at of ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-10-25T02:30:00Z"]) {
      expect(rfc3339(instantOf(wallOf(at, "Europe/Paris"), "Europe/Paris"))).toBe(at);
    }
  });
  it("notices a browser in another zone, and one that only has another name", () => {
    const at = new Date("2026-11-22T10:00:00Z");
    expect(zonesDiffer("Europe/Paris", at)).toBe(true);
    expect(zonesDiffer("Asia/Bangkok", at)).toBe(false);
  });
  it("knows a day from midnight to midnight", () => {
    const { from, to } = dayBounds({ year: 2026, month: 12, day: 31 });
    expect([rfc3339(from), rfc3339(to)]).toEqual(["2026-12-30T17:00:00Z", "2026-12-31T17:00:00Z"]);
  });
  it("goes from day to day over a month's end", () => {
    expect(shiftDay({ year: 2026, month: 3, day: 1 }, -1)).toEqual({ year: 2026, month: 2, day: 28 });
  });
});

describe("what people type", () => {
  it.each([
    ["22/11/2026", "2026-11-22"], ["1/2/2027", "2027-02-01"], ["22-11-26", "2026-11-22"], ["22.11.2026", "2026-11-22"],
    ["22112026", "2026-11-22"], ["2026-11-22", "2026-11-22"],
  ])("reads the date %s", (text, iso) => {
    expect(isoDate(parseDate(text)!)).toBe(iso);
  });
  it.each(["31/02/2026", "11/22/2026", "", "hôm nay", "22/11", "0/1/2026", "1/1/0001"])("refuses the date %j", text => {
    expect(parseDate(text)).toBeNull();
  });
  it.each([
    ["14:05", "14:05"], ["14h05", "14:05"], ["14h", "14:00"], ["9", "09:00"], ["930", "09:30"], ["1405", "14:05"],
    ["7 giờ 15", "07:15"], ["00:00", "00:00"],
  ])("reads the time %s", (text, shown) => {
    expect(showTime(parseTime(text)!)).toBe(shown);
  });
  it.each(["24:00", "12:60", "2 PM", "", "12:5:1", "-1"])("refuses the time %j", text => {
    expect(parseTime(text)).toBeNull();
  });
  it("reads a date and a time in either order", () => {
    for (const text of ["14:00 22/11/2026", "22/11/2026 14:00", "14:00, 22/11/2026", "2026-11-22T14:00", "2026-11-22 14:00"]) {
      const wall = parseDateTime(text)!;
      expect(`${showTime(wall)} ${showDate(wall)}`).toBe("14:00 22/11/2026");
    }
    expect(parseDateTime("22/11/2026")).toBeNull();
  });
});
