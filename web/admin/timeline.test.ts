import { describe, expect, it } from "vitest";
import type { Consultation, Room } from "../shared/api";
import { dayBounds } from "../shared/time/zone";
import { hoursOf, lineOf, quarterAt, rowsOf } from "./timeline";

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

describe("rows of rooms", () => {
  const line = { fromMs: at(8), toMs: at(12) };
  it("have a row for a room without consultations, and none for what was cancelled", () => {
    const rows = rowsOf(line, rooms, [booked("a", at(9), at(10), "r1"), booked("x", at(9), at(10), "r2", "cancelled")]);
    expect(rows.map((r) => [r.room?.id, r.blocks.length])).toEqual([["r1", 1], ["r2", 0]]);
    expect(rows[0]?.blocks[0]).toMatchObject({ left: 0.25, width: 0.25, lane: 0 });
  });
  it("gather what has no room, or one that is gone, in lanes that do not overlap", () => {
    const rows = rowsOf(line, rooms, [booked("a", at(9), at(10)), booked("b", at(9, 30), at(11), "gone"), booked("c", at(10), at(11))]);
    expect(rows.at(-1)?.room).toBeNull();
    expect(rows.at(-1)?.blocks.map((b) => [b.consultation.id, b.lane])).toEqual([["a", 0], ["b", 1], ["c", 0]]);
    expect(rows.at(-1)?.lanes).toBe(2);
  });
  it("book by quarters of an hour", () => {
    expect(quarterAt(line, 0.26)).toBe(at(9));
    expect(quarterAt(line, 0.32)).toBe(at(9, 15));
    expect(quarterAt(line, -1)).toBe(at(8));
  });
});
