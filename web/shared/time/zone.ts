/** Wall-clock times of the hospital's zone: from what people type to UTC and back. No DOM, no clock of its own. */

export const HOSPITAL_ZONE = "Asia/Ho_Chi_Minh";

/** A date and time as read from a wall clock, without a zone. */
export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;

const two = (n: number) => String(n).padStart(2, "0");

const readers = new Map<string, Intl.DateTimeFormat>();
function reader(zone: string): Intl.DateTimeFormat {
  let found = readers.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23",
      year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
    });
    readers.set(zone, found);
  }
  return found;
}

/** What the clock on the wall of this zone shows at an instant. */
export function wallOf(instant: Date | string | number, zone: string = HOSPITAL_ZONE): Wall {
  const parts = Object.fromEntries(reader(zone).formatToParts(new Date(instant)).map(p => [p.type, Number(p.value)]));
  return { year: parts.year!, month: parts.month!, day: parts.day!, hour: parts.hour!, minute: parts.minute! };
}

const asIfUtc = (w: Wall) => Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute);

/** The instant at which this zone's wall clock shows `wall`. */
export function instantOf(wall: Wall, zone: string = HOSPITAL_ZONE): Date {
  const wanted = asIfUtc(wall);
  let guess = wanted;
  // Twice, because the first guess may lie on the other side of a change of the clocks.
  for (let i = 0; i < 2; i++) guess += wanted - asIfUtc(wallOf(guess, zone));
  return new Date(guess);
}

/** True when the browser's own clock shows other times than the hospital's at that instant. */
export function zonesDiffer(own: string, instant: Date, zone: string = HOSPITAL_ZONE): boolean {
  return asIfUtc(wallOf(instant, own)) !== asIfUtc(wallOf(instant, zone));
}

export const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** RFC 3339 in UTC with whole seconds, as the API wants it. */
export const rfc3339 = (instant: Date) => instant.toISOString().replace(/\.\d+Z$/, "Z");

export const showTime = (w: Pick<Wall, "hour" | "minute">) => `${two(w.hour)}:${two(w.minute)}`;
export const showDate = (w: Pick<Wall, "year" | "month" | "day">) => `${two(w.day)}/${two(w.month)}/${w.year}`;
/** yyyy-mm-dd: the value of <input type="date">, and a day's name in an address. */
export const isoDate = (w: Pick<Wall, "year" | "month" | "day">) => `${w.year}-${two(w.month)}-${two(w.day)}`;

function realDate(year: number, month: number, day: number): Pick<Wall, "year" | "month" | "day"> | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same && year >= 1850 && year <= 2200 ? { year, month, day } : null;
}

/** Reads 22/11/2026, 22-11-2026, 22.11.26, 22112026 and 2026-11-22; null for what is no date. */
export function parseDate(text: string): Pick<Wall, "year" | "month" | "day"> | null {
  const plain = text.trim();
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(plain);
  if (iso) return realDate(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const usual = /^(\d{1,2})[/.\-\s](\d{1,2})[/.\-\s](\d{2}|\d{4})$/.exec(plain) ?? /^(\d{2})(\d{2})(\d{4})$/.exec(plain);
  if (!usual) return null;
  const year = Number(usual[3]);
  return realDate(usual[3]!.length === 2 ? 2000 + year : year, Number(usual[2]), Number(usual[1]));
}

/** Reads 14:05, 14h05, 14h, 14.05, 1405, 9 and 930 as times of a 24-hour clock; null for what is none. */
export function parseTime(text: string): Pick<Wall, "hour" | "minute"> | null {
  const plain = text.trim().toLowerCase();
  const match = /^(\d{1,2})(?:\s*(?:[:.h]|giờ)\s*(\d{2})?)?$/.exec(plain) ?? /^(\d{1,2})(\d{2})$/.exec(plain);
  if (!match) return null;
  const hour = Number(match[1]);
  const minute = Number(match[2] ?? 0);
  return hour <= 23 && minute <= 59 ? { hour, minute } : null;
}

/** Reads a date and a time written together in either order, or as 2026-11-22T14:00. */
export function parseDateTime(text: string): Wall | null {
  const plain = text.trim();
  const iso = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2})?$/.exec(plain);
  const pairs = iso ? [[iso[1]!, iso[2]!]] : halves(plain);
  for (const [first, second] of pairs) {
    const date = parseDate(first!);
    const time = parseTime(second!);
    if (date && time) return { ...date, ...time };
  }
  return null;
}

function halves(text: string): string[][] {
  const parts = text.split(/[\s,]+/);
  if (parts.length !== 2) return [];
  return [parts, [...parts].reverse()];
}

/** Midnight to midnight of a day in the zone, as instants. */
export function dayBounds(day: Pick<Wall, "year" | "month" | "day">, zone: string = HOSPITAL_ZONE): { from: Date; to: Date } {
  const next = new Date(Date.UTC(day.year, day.month - 1, day.day + 1));
  const midnight = { hour: 0, minute: 0 };
  return {
    from: instantOf({ ...day, ...midnight }, zone),
    to: instantOf({ year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate(), ...midnight }, zone),
  };
}

/** The same wall date, so many days on. */
export function shiftDay(day: Pick<Wall, "year" | "month" | "day">, days: number): Pick<Wall, "year" | "month" | "day"> {
  const moved = new Date(Date.UTC(day.year, day.month - 1, day.day + days));
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
}
