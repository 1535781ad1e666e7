/** When a room's machine rings for who waits, and when it is quiet about them. What decides is pure; times come in. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { KioskRing } from "../shared/api";
import { DAY_MS, MINUTE_MS } from "../shared/time/zone";
import { keepQuiets, keptQuiets } from "./keep";

/** How long it rings, and then leaves the room in peace before it rings for the same people again. */
const paces = { emergency: { ringsMs: 5 * MINUTE_MS, restsMs: MINUTE_MS / 2 }, other: { ringsMs: MINUTE_MS, restsMs: 2 * MINUTE_MS } } as const;
export const paceOf = ({ kind }: KioskRing) => (kind === "emergency" ? paces.emergency : paces.other);

/** The room knows of who had come to a consultation by `sinceMs`, and is not rung for them until then. */
interface Quiet {
  sinceMs: number;
  untilMs: number;
}
export type Quiets = ReadonlyMap<string, Quiet>;

/** Somebody who comes later is new to the room: it rings for them. */
export function isQuiet(ring: KioskRing, quiets: Quiets, nowMs: number): boolean {
  const quiet = quiets.get(ring.consultation_id);
  return quiet !== undefined && Date.parse(ring.since) <= quiet.sinceMs && nowMs < quiet.untilMs;
}

/** Without what is over. */
export const lasting = (quiets: Quiets, nowMs: number): Quiets => new Map([...quiets].filter(([, { untilMs }]) => nowMs < untilMs));

export interface Rung {
  /** Who waits, as far as the room does not know of them. */
  news: KioskRing | null;
  /** What it rings for now, and until when if nobody comes; the server's clock. */
  call: KioskRing | null;
  untilMs: number;
  putOff: () => void;
  /** The room has left a consultation: those in it know that. For a day, since none lasts longer. */
  left: (consultation: string) => void;
}

/** `rings`: the most urgent first. `free`: the machine is where it may ring. */
export function useRung(rings: readonly KioskRing[], nowMs: number, free: boolean): Rung {
  const [quiets, setQuiets] = useState(keptQuiets);
  const began = useRef<{ id: string; atMs: number } | null>(null);
  const news = rings.find((ring) => !isQuiet(ring, quiets, nowMs)) ?? null;
  const call = free ? news : null;
  if (began.current?.id !== call?.consultation_id) began.current = call && { id: call.consultation_id, atMs: nowMs };
  const untilMs = call && began.current ? began.current.atMs + paceOf(call).ringsMs : nowMs;
  const quieten = (consultation: string, quiet: Quiet) => setQuiets((old) => lasting(new Map(old).set(consultation, quiet), nowMs));
  const putOff = () => call && quieten(call.consultation_id, { sinceMs: Date.parse(call.since), untilMs: nowMs + paceOf(call).restsMs });
  useEffect(() => keepQuiets(quiets), [quiets]);
  const over = call !== null && nowMs >= untilMs;
  useEffect(() => {
    if (over) putOff();
  }, [over]);
  return { news, call, untilMs, putOff, left: (consultation) => quieten(consultation, { sinceMs: nowMs, untilMs: nowMs + DAY_MS }) };
}
