/** The on-call roster without the page: its weeks, who is on call, where nobody is, and what is wrong with a shift. */
import type { Shift, ShiftInput } from "../shared/api";
import { DAY_MS, dayBounds, instantOf, parseDate, parseTime, rfc3339, shiftDay, showDate, showTime, wallOf, type Wall } from "../shared/time/zone";

export type Day = Pick<Wall, "year" | "month" | "day">;
export interface Between {
  fromMs: number;
  toMs: number;
}

/** Monday to Sunday around a day. */
export function weekOf(day: Day): Day[] {
  const weekday = new Date(Date.UTC(day.year, day.month - 1, day.day)).getUTCDay();
  const monday = shiftDay(day, -((weekday + 6) % 7));
  return Array.from({ length: 7 }, (_, i) => shiftDay(monday, i));
}

export const boundsOf = (day: Day): Between => {
  const { from, to } = dayBounds(day);
  return { fromMs: from.getTime(), toMs: to.getTime() };
};

const spanOf = (shift: Shift): Between => ({ fromMs: Date.parse(shift.starts_at), toMs: Date.parse(shift.ends_at) });

/** Those that touch a time, each cut to it. */
export function within(shifts: readonly Shift[], time: Between): { shift: Shift; at: Between }[] {
  return shifts
    .map((shift) => ({ shift, at: { fromMs: Math.max(time.fromMs, spanOf(shift).fromMs), toMs: Math.min(time.toMs, spanOf(shift).toMs) } }))
    .filter(({ at }) => at.fromMs < at.toMs)
    .sort((a, b) => a.at.fromMs - b.at.fromMs || a.at.toMs - b.at.toMs);
}

/** When nobody is on call. */
export function gapsOf(shifts: readonly Shift[], time: Between): Between[] {
  const gaps: Between[] = [];
  let coveredTo = time.fromMs;
  for (const { at } of within(shifts, time)) {
    if (at.fromMs > coveredTo) gaps.push({ fromMs: coveredTo, toMs: at.fromMs });
    coveredTo = Math.max(coveredTo, at.toMs);
  }
  if (coveredTo < time.toMs) gaps.push({ fromMs: coveredTo, toMs: time.toMs });
  return gaps;
}

export const onCallAt = (shifts: readonly Shift[], nowMs: number) => within(shifts, { fromMs: nowMs, toMs: nowMs + 1 }).map(({ shift }) => shift);

export interface ShiftDraft {
  userId: string;
  siteId: string;
  specialty: string;
  fromDate: string;
  fromTime: string;
  toDate: string;
  toTime: string;
}

/** What is usual; the second ends on the day after. */
export const usualHours = [
  ["07:00", "19:00"],
  ["19:00", "07:00"],
  ["07:00", "07:00"],
] as const;

export function newShift(day: Day): ShiftDraft {
  return { userId: "", siteId: "", specialty: "", ...hoursFrom(showDate(day), usualHours[0]) };
}

/** The usual hours from a day on; one that reads as none keeps both dates. */
export function hoursFrom(fromDate: string, [fromTime, toTime]: readonly [string, string]): Pick<ShiftDraft, "fromDate" | "fromTime" | "toDate" | "toTime"> {
  const day = parseDate(fromDate);
  const toDate = day && toTime <= fromTime ? showDate(shiftDay(day, 1)) : fromDate;
  return { fromDate, fromTime, toDate, toTime };
}

export function draftOf(shift: Shift): ShiftDraft {
  const from = wallOf(shift.starts_at);
  const to = wallOf(shift.ends_at);
  return {
    userId: shift.user_id,
    siteId: shift.site_id ?? "",
    specialty: shift.specialty ?? "",
    fromDate: showDate(from),
    fromTime: showTime(from),
    toDate: showDate(to),
    toTime: showTime(to),
  };
}

export type ShiftFault = "required" | "bad-date" | "bad-time" | "end-before-start" | "shift-too-long";
const longestMs = 31 * DAY_MS;

/** What the API takes, or what is wrong, by the API's own names of fields (dates by our own). */
export function checkShift(draft: ShiftDraft): { faults: Record<string, ShiftFault>; input?: ShiftInput } {
  const faults: Record<string, ShiftFault> = {};
  const dates = { from: parseDate(draft.fromDate), to: parseDate(draft.toDate) };
  const times = { from: parseTime(draft.fromTime), to: parseTime(draft.toTime) };
  if (!draft.userId) faults["user_id"] = "required";
  if (!dates.from) faults["from_date"] = "bad-date";
  if (!times.from) faults["starts_at"] = "bad-time";
  if (!dates.to) faults["to_date"] = "bad-date";
  if (!times.to) faults["ends_at"] = "bad-time";
  if (!dates.from || !times.from || !dates.to || !times.to) return { faults };
  const from = instantOf({ ...dates.from, ...times.from });
  const to = instantOf({ ...dates.to, ...times.to });
  if (to <= from) faults["ends_at"] = "end-before-start";
  else if (to.getTime() - from.getTime() > longestMs) faults["ends_at"] = "shift-too-long";
  if (Object.keys(faults).length > 0) return { faults };
  return {
    faults,
    input: { user_id: draft.userId, site_id: draft.siteId || null, specialty: draft.specialty.trim() || null, starts_at: rfc3339(from), ends_at: rfc3339(to) },
  };
}
