import { describe, expect, it } from "vitest";
import type { Shift } from "../shared/api";
import { boundsOf, checkShift, draftOf, gapsOf, hoursFrom, newShift, onCallAt, weekOf, within } from "./roster";

const sunday = { year: 2026, month: 11, day: 22 };
const shift = (id: string, starts_at: string, ends_at: string): Shift => ({ id, user_id: "u", user_name: "Lan", starts_at, ends_at });
/** Days in Việt Nam, seven hours before UTC's. */
const day = boundsOf(sunday);
const night = shift("night", "2026-11-21T12:00:00Z", "2026-11-22T00:00:00Z"); // 19:00 – 07:00
const noon = shift("noon", "2026-11-22T03:00:00Z", "2026-11-22T06:00:00Z"); // 10:00 – 13:00

describe("the roster's week", () => {
  it("goes from Monday to Sunday", () => {
    expect(weekOf(sunday)[0]).toEqual({ year: 2026, month: 11, day: 16 });
    expect(weekOf(sunday)[6]).toEqual(sunday);
    expect(weekOf({ year: 2026, month: 11, day: 16 })[6]).toEqual(sunday);
  });
  it("shows a night on both of its days, each cut at midnight", () => {
    expect(within([noon, night], day).map(({ shift: { id }, at }) => [id, at.fromMs - day.fromMs, at.toMs - day.fromMs])).toEqual([
      ["night", 0, 7 * 3_600_000],
      ["noon", 10 * 3_600_000, 13 * 3_600_000],
    ]);
  });
  it("shows where nobody is on call", () => {
    expect(gapsOf([noon, night], day).map(({ fromMs, toMs }) => [(fromMs - day.fromMs) / 3_600_000, (toMs - day.fromMs) / 3_600_000])).toEqual([
      [7, 10],
      [13, 24],
    ]);
    expect(gapsOf([], day)).toEqual([day]);
    expect(gapsOf([shift("month", "2026-11-01T00:00:00Z", "2026-11-30T00:00:00Z"), noon], day)).toEqual([]);
  });
  it("knows who is on call, to the second of the change", () => {
    const change = Date.parse("2026-11-22T00:00:00Z");
    expect(onCallAt([night], change - 1)).toEqual([night]);
    expect(onCallAt([night], change)).toEqual([]);
  });
});

describe("a shift's form", () => {
  const good = { ...newShift(sunday), userId: "u" };
  it("takes the usual hours, a night into the next day", () => {
    expect(hoursFrom("22/11/2026", ["19:00", "07:00"])).toEqual({ fromDate: "22/11/2026", fromTime: "19:00", toDate: "23/11/2026", toTime: "07:00" });
    expect(checkShift(good).input).toEqual({ user_id: "u", site_id: null, specialty: null, starts_at: "2026-11-22T00:00:00Z", ends_at: "2026-11-22T12:00:00Z" });
  });
  it("reads back what it has sent", () => {
    const { input } = checkShift(good);
    expect(draftOf({ ...shift("s", input!.starts_at, input!.ends_at), user_id: "u" })).toEqual(good);
  });
  it.each([
    [{ userId: "" }, { user_id: "required" }],
    [{ fromDate: "31/02/2026" }, { from_date: "bad-date" }],
    [{ toTime: "25" }, { ends_at: "bad-time" }],
    [{ toTime: "06:00" }, { ends_at: "end-before-start" }],
    [{ toDate: "24/12/2026" }, { ends_at: "shift-too-long" }],
  ])("says what is wrong with %j", (change, faults) => {
    expect(checkShift({ ...good, ...change })).toEqual({ faults });
  });
});
