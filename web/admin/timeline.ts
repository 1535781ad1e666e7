/** Where the day's consultations stand on a line of hours. Numbers only: fractions of the line, rows of rooms. */
import type { Consultation, Room } from "../shared/api";
import { MINUTE_MS, wallOf } from "../shared/time/zone";

const HOUR_MS = 60 * MINUTE_MS;

export interface Line {
  fromMs: number;
  toMs: number;
}

/** From 7 to 18 o'clock, wider when something lies outside, never beyond the day. */
export function lineOf(day: Line, consultations: readonly Consultation[], nowMs: number): Line {
  let fromMs = day.fromMs + 7 * HOUR_MS;
  let toMs = day.fromMs + 18 * HOUR_MS;
  const include = (start: number, end: number) => {
    fromMs = Math.min(fromMs, day.fromMs + Math.floor((start - day.fromMs) / HOUR_MS) * HOUR_MS);
    toMs = Math.max(toMs, day.fromMs + Math.ceil((end - day.fromMs) / HOUR_MS) * HOUR_MS);
  };
  for (const c of consultations) include(Date.parse(c.starts_at), Date.parse(c.ends_at));
  if (nowMs >= day.fromMs && nowMs < day.toMs) include(nowMs, nowMs + 1);
  return { fromMs: Math.max(day.fromMs, fromMs), toMs: Math.min(day.toMs, toMs) };
}

/** Full hours on the line, each with its place from 0 to 1. */
export function hoursOf(line: Line): { at: number; label: string }[] {
  const hours = [];
  for (let at = line.fromMs; at <= line.toMs; at += HOUR_MS) {
    const { hour } = wallOf(at);
    hours.push({ at: (at - line.fromMs) / (line.toMs - line.fromMs), label: at === line.toMs && hour === 0 ? "24" : String(hour) });
  }
  return hours;
}

export function fraction(line: Line, ms: number): number {
  return Math.min(1, Math.max(0, (ms - line.fromMs) / (line.toMs - line.fromMs)));
}

export interface Block {
  consultation: Consultation;
  left: number;
  width: number;
  /** Which of the lanes inside the row, when several share time. */
  lane: number;
}

export interface Row {
  room: { id: string; name: string; site: string } | null;
  blocks: Block[];
  lanes: number;
}

/** What is shorter is drawn this wide all the same, so that a finger finds it. */
const leastShare = 0.04;

function blocksOf(line: Line, consultations: readonly Consultation[]): { blocks: Block[]; lanes: number } {
  const ends: number[] = [];
  const inOrder = [...consultations].sort((a, b) => a.starts_at.localeCompare(b.starts_at));
  const blocks = inOrder.map((consultation) => {
    const start = Date.parse(consultation.starts_at);
    const end = Math.max(Date.parse(consultation.ends_at), start + leastShare * (line.toMs - line.fromMs));
    const free = ends.findIndex((busyUntil) => busyUntil <= start);
    const lane = free === -1 ? ends.length : free;
    ends[lane] = end;
    const left = fraction(line, start);
    return { consultation, left, width: fraction(line, end) - left, lane };
  });
  return { blocks, lanes: Math.max(1, ends.length) };
}

/** A row for every room, busy or not, and one for what has no room when there is any. */
export function rowsOf(line: Line, rooms: readonly Room[], consultations: readonly Consultation[]): Row[] {
  const shown = consultations.filter((c) => c.state !== "cancelled");
  const rows: Row[] = rooms.map((room) => ({
    room: { id: room.id, name: room.name, site: room.site_name ?? "" },
    ...blocksOf(line, shown.filter((c) => c.room?.id === room.id)),
  }));
  const known = new Set(rooms.map((room) => room.id));
  const homeless = shown.filter((c) => !c.room || !known.has(c.room.id));
  if (homeless.length > 0) rows.push({ room: null, ...blocksOf(line, homeless) });
  return rows;
}

/** The quarter of an hour under a place on the line. */
export function quarterAt(line: Line, at: number): number {
  const quarter = 15 * MINUTE_MS;
  const ms = line.fromMs + Math.min(1, Math.max(0, at)) * (line.toMs - line.fromMs);
  return Math.floor(ms / quarter) * quarter;
}
