/**
 * Times, dates and numbers as people here write them: 14:00, Chủ Nhật 22/11/2026; 24-hour clock; decimal comma in
 * Vietnamese. Times are the hospital's, whatever zone the computer is set to: an appointment has one time.
 * Names are never split, only sorted by the given name, which is the last word.
 */
import { showDate, showTime, wallOf } from "../time/zone";
import { language } from "./language";

const weekdays = {
  vi: ["Chủ Nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"],
  en: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
} as const;

type When = Date | string | number;
const two = (n: number) => String(n).padStart(2, "0");

/** 14:00 */
export function formatTime(when: When): string {
  return showTime(wallOf(when));
}

/** 22/11/2026 */
export function formatDay(when: When): string {
  return showDate(wallOf(when));
}

/** Chủ Nhật */
function formatWeekday(when: When): string {
  const { year, month, day } = wallOf(when);
  return weekdays[language()][new Date(Date.UTC(year, month - 1, day)).getUTCDay()] ?? "";
}

/** Chủ Nhật 22/11/2026 */
export function formatDate(when: When): string {
  return `${formatWeekday(when)} ${formatDay(when)}`;
}

/** 14:00, Chủ Nhật 22/11/2026 */
export function formatDateTime(when: When): string {
  return `${formatTime(when)}, ${formatDate(when)}`;
}

/** 14:00 – 14:30; with both dates when the day changes between. */
export function formatSpan(from: When, to: When): string {
  if (formatDay(from) === formatDay(to)) return `${formatTime(from)} – ${formatTime(to)}`;
  return `${formatDateTime(from)} – ${formatDateTime(to)}`;
}

/** 3:05 or 1:02:03, for clocks that run. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

export function formatNumber(value: number, digits = 0): string {
  return new Intl.NumberFormat(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** 1,5 MB */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${formatNumber(value, unit === 0 || value >= 100 ? 0 : 1)} ${units[unit] ?? ""}`;
}

const collator = new Intl.Collator("vi", { numeric: true });

/** Vietnamese order. */
export function compareText(a: string, b: string): number {
  return collator.compare(a, b);
}

/** By given name (the last word), then by the whole. */
export function compareNames(a: string, b: string): number {
  const given = (name: string) => name.trim().split(/\s+/).at(-1) ?? "";
  return compareText(given(a), given(b)) || compareText(a, b);
}
