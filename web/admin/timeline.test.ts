import { describe, expect, it } from "vitest";
import type { Consultation, Room } from "../shared/api";
import { dayBounds } from "../shared/time/zone";
import { columnsOf, hourRem, hoursOf, lineOf, quarterAt } from "./timeline";

const bounds = dayBounds({ year: 2026, month: 11, day: 22 });
const day = { fromMs: bounds.from.getTime(), toMs: bounds.to.getTime() };
const at = (hour: number, minute = 0) => day.fromMs + (hour * 60 + minute) * 60_000;
const booked = (id: string, from: number, to: number, room?: string, state: Consultation["state"] = "booked"): Consultation => ({
  id,
  kind: "scheduled",
  title: id,
  state,
  starts_at: new Date(from).toISOString(),
  ends_at: new Date(to).toISOString(),
  participants: [],
  ...(room ? { room: { id: room, name: room } } : {}),
});
const rooms: Room[] = [
  { id: "r1", site_id: "s1", name: "Phòng 1" },
  { id: "r2", site_id: "s1", name: "Phòng 2" },
];

describe("the line of hours", () => {
  it("shows working hours by the wall clock", () => {
    const line = lineOf(day, [], at(-3));
    expect(hoursOf(line).map((h) => h.label)).toEqual(["7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18"]);
  });
  it("widens to what is early, late or now, and stays within the day", () => {
    const line = lineOf(day, [booked("a", at(5, 30), at(6)), booked("b", at(23), at(25))], at(20, 10));
    expect([line.fromMs, line.toMs]).toEqual([at(5), at(24)]);
  });
});

describe("an hour", () => {
  it("is as tall as the shortest consultation's line of text asks", () => {
    expect(hourRem([])).toBe(3.5);
    expect(hourRem([booked("a", at(9), at(10)), booked("b", at(9), at(9, 30))])).toBe(3.5);
    expect(hourRem([booked("a", at(9), at(9, 20))])).toBeCloseTo(4.875);
    expect(hourRem([booked("a", at(9), at(9, 15))])).toBe(6);
    expect(hourRem([booked("a", at(9), at(9, 5))])).toBe(6);
  });
});

describe("columns of rooms", () => {
  const line = { fromMs: at(8), toMs: at(12) };
  const lanes = (consultations: Consultation[], hour = 3) => columnsOf(line, hour, [], consultations)[0]?.blocks.map((b) => [b.consultation.id, b.lane, b.of]);
  it("have one for a room without consultations, and none for what was cancelled", () => {
    const columns = columnsOf(line, 3, rooms, [booked("a", at(9), at(10), "r1"), booked("x", at(9), at(10), "r2", "cancelled")]);
    expect(columns.map((c) => [c.room?.id, c.blocks.length])).toEqual([["r1", 1], ["r2", 0]]);
    expect(columns[0]?.blocks[0]).toMatchObject({ top: 0.25, height: 0.25, lane: 0, of: 1 });
  });
  it("stand as people order rooms, however they come", () => {
    const numbered = ["10", "11", "4"].map((n) => ({ id: n, name: `Phòng ${n}`, site_id: "s" }));
    expect(columnsOf(line, 3, numbered, []).map((c) => c.room?.id)).toEqual(["4", "10", "11"]);
  });
  it("name a room that only a consultation knows: a doctor has no list of rooms", () => {
    const columns = columnsOf(line, 3, [], [booked("a", at(9), at(10), "r1"), booked("b", at(9), at(10))]);
    expect(columns.map((c) => c.room?.name ?? null)).toEqual(["r1", null]);
  });
  it("share their width among those that overlap, and only among those", () => {
    expect(lanes([booked("a", at(9), at(10)), booked("b", at(9, 30), at(11)), booked("c", at(10), at(11)), booked("d", at(11), at(12))])).toEqual([
      ["a", 0, 2],
      ["b", 1, 2],
      ["c", 0, 2],
      ["d", 0, 1],
    ]);
  });
  it("keep the lines of two short ones apart", () => {
    const short = [booked("a", at(9), at(9, 10)), booked("b", at(9, 10), at(9, 30))];
    expect(lanes(short, 3)).toEqual([["a", 0, 2], ["b", 1, 2]]);
    expect(lanes(short, 10)).toEqual([["a", 0, 1], ["b", 0, 1]]);
  });
  it("keep room for a line of what midnight cuts, on either day, beside its neighbours", () => {
    const night = { fromMs: at(0), toMs: at(24) };
    const spans = (...of: Consultation[]) => columnsOf(night, 3, [], of)[0]?.blocks.map((b) => [b.top * 24, b.height * 24, b.lane].map((n) => Math.round(n * 100) / 100));
    expect(spans(booked("a", at(23, 46), at(24, 16)))).toEqual([[23.46, 0.54, 0]]);
    expect(spans(booked("b", at(-1, 50), at(0, 10)))).toEqual([[0, 0.54, 0]]);
    expect(spans(booked("c", at(23), at(23, 45)), booked("d", at(23, 50), at(24, 20)))).toEqual([[23, 0.75, 0], [23.46, 0.54, 1]]);
  });
  it("book by quarters of an hour", () => {
    expect(quarterAt(line, 0.26)).toBe(at(9));
    expect(quarterAt(line, 0.32)).toBe(at(9, 15));
    expect(quarterAt(line, -1)).toBe(at(8));
  });
});
