/** Where the day's consultations stand on a line of hours. Numbers only: fractions of the line, columns of rooms. */
import type { Consultation, Room } from "../shared/api";
import { MINUTE_MS, wallOf } from "../shared/time/zone";
import { inOrder } from "./site_tree";

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

/** A block of this height shows one line of text, when it begins and what it is, and is 24 px of target (WCAG 2.5.8) beside its gap. */
const lineRem = 1.625;
const leastHourRem = 3.5;
const mostHourRem = 6;

/** How tall an hour is, so that the shortest consultation of the day has room for a line. */
export function hourRem(consultations: readonly Consultation[]): number {
  const shortestMs = Math.min(HOUR_MS, ...consultations.map((c) => Math.max(1, Date.parse(c.ends_at) - Date.parse(c.starts_at))));
  return Math.min(mostHourRem, Math.max(leastHourRem, (lineRem * HOUR_MS) / shortestMs));
}

export interface Block {
  consultation: Consultation;
  top: number;
  height: number;
  /** Which of the lanes beside one another, when several share time; `of` is how many there are just then. */
  lane: number;
  of: number;
}

export interface Column {
  /** Null for what has no room. */
  room: { id: string; name: string; site: string } | null;
  blocks: Block[];
}

/** What is shorter, or lies for the most part in another day, is drawn as long as this all the same, so that a line and a finger find room. */
const leastMs = (hour: number) => (lineRem / hour) * HOUR_MS;

function blocksOf(line: Line, hour: number, consultations: readonly Consultation[]): Block[] {
  const blocks: Block[] = [];
  let together: Block[] = []; // those that touch one another in time, by way of others too
  let ends: number[] = [];
  for (const consultation of [...consultations].sort((a, b) => a.starts_at.localeCompare(b.starts_at))) {
    const start = Math.min(Math.max(line.fromMs, Date.parse(consultation.starts_at)), line.toMs - leastMs(hour));
    const end = Math.min(line.toMs, Math.max(Date.parse(consultation.ends_at), start + leastMs(hour)));
    if (ends.every((busyUntil) => busyUntil <= start)) [together, ends] = [[], []];
    const free = ends.findIndex((busyUntil) => busyUntil <= start);
    const lane = free === -1 ? ends.length : free;
    ends[lane] = end;
    const top = fraction(line, start);
    const block = { consultation, top, height: fraction(line, end) - top, lane, of: ends.length };
    blocks.push(block);
    together.push(block);
    for (const one of together) one.of = ends.length;
  }
  return blocks;
}

/** A column for every room, busy or not, for a room that only its consultations name, and for what has no room when there is any. */
export function columnsOf(line: Line, hour: number, rooms: readonly Room[], consultations: readonly Consultation[]): Column[] {
  const shown = consultations.filter((c) => c.state !== "cancelled");
  const named = new Map(rooms.map((room) => [room.id, { id: room.id, name: room.name, site: room.site_name ?? "" }]));
  for (const { room, site } of shown) if (room && !named.has(room.id)) named.set(room.id, { id: room.id, name: room.name, site: site?.name ?? "" });
  const columns: Column[] = inOrder(named.values()).map((room) => ({ room, blocks: blocksOf(line, hour, shown.filter((c) => c.room?.id === room.id)) }));
  const homeless = shown.filter((c) => !c.room);
  if (homeless.length > 0) columns.push({ room: null, blocks: blocksOf(line, hour, homeless) });
  return columns;
}

/** The quarter of an hour under a place on the line. */
export function quarterAt(line: Line, at: number): number {
  const quarter = 15 * MINUTE_MS;
  const ms = line.fromMs + Math.min(1, Math.max(0, at)) * (line.toMs - line.fromMs);
  return Math.floor(ms / quarter) * quarter;
}
