/** The booking form without the form: from what was typed to what the API takes, and what is wrong, field by field. */
import type { Consultation, ConsultationInput, Kind, Role, Sex } from "../shared/api";
import { DAY_MS, MINUTE_MS, instantOf, isoDate, parseDate, parseDateTime, parseTime, rfc3339, shiftDay, showDate, showTime, wallOf } from "../shared/time/zone";

export interface PersonDraft {
  key: number;
  name: string;
  role: Role;
  user_id?: string;
}

export interface PatientDraft {
  mode: "none" | "known" | "new";
  id?: string;
  label?: string;
  system: string;
  otherSystem: string;
  value: string;
  name: string;
  birthDate: string;
  sex: Sex;
}

export interface Draft {
  kind: Kind;
  title: string;
  reason: string;
  date: string;
  start: string;
  end: string;
  roomId: string;
  waitingRoom: boolean;
  patient: PatientDraft;
  people: PersonDraft[];
}

/** A patient at home waits outside until a doctor lets them in; among colleagues nobody does. */
export function kindChosen(kind: Kind): Pick<Draft, "kind" | "waitingRoom"> {
  return { kind, waitingRoom: kind === "tele-exam" };
}

/** What can be wrong with a field; the form has words for each. */
export type Fault =
  | "required"
  | "too-long"
  | "bad-date"
  | "bad-time"
  | "past"
  | "end-before-start"
  | "too-long-span"
  | "birth-in-future";
export type Faults = Partial<Record<string, Fault>>;

export const otherSystem = "other";
/** How people here are known: the identifier's system as it stands in the record, and the word for it in the form. */
export const identifierSystems = ["urn:vn:so-dinh-danh-ca-nhan", "urn:vn:so-the-bhyt", "urn:vn:ma-nguoi-benh", otherSystem] as const;

const maxTitle = 200;
const maxReason = 4000;
const maxName = 120;
const maxSpanMs = DAY_MS;
/** A shorter night is meant to end on the next day; a longer one is a slip of the pen. */
const maxNightMs = 6 * 60 * MINUTE_MS;
const skewMs = 5 * MINUTE_MS;

export function emptyPatient(): PatientDraft {
  return { mode: "none", system: identifierSystems[0], otherSystem: "", value: "", name: "", birthDate: "", sex: "unknown" };
}

/** A draft for half an hour from the next full quarter, or from a given time. */
export function newDraft(nowMs: number, from?: { startMs?: number; roomId?: string }): Draft {
  const quarter = 15 * MINUTE_MS;
  const start = from?.startMs ?? Math.ceil((nowMs + MINUTE_MS) / quarter) * quarter;
  const begin = wallOf(start);
  return {
    kind: "scheduled",
    title: "",
    reason: "",
    date: showDate(begin),
    start: showTime(begin),
    end: showTime(wallOf(start + 30 * MINUTE_MS)),
    roomId: from?.roomId ?? "",
    waitingRoom: false,
    patient: emptyPatient(),
    people: [
      { key: 1, name: "", role: "host" },
      { key: 2, name: "", role: "specialist" },
    ],
  };
}

export interface Span {
  startMs: number;
  endMs: number;
  /** The end lies on the day after the start's. */
  nextDay: boolean;
}

/** A whole date and time typed into one of the time fields is taken apart. */
export function spreadDateTime(draft: Draft, field: "start" | "end"): Draft {
  const wall = parseDateTime(draft[field]);
  if (!wall) return draft;
  return { ...draft, [field]: showTime(wall), ...(field === "start" ? { date: showDate(wall) } : {}) };
}

/** When it is meant to be, as far as it can be read. */
export function spanOf(draft: Pick<Draft, "date" | "start" | "end">): Span | null {
  const date = parseDate(draft.date);
  const start = parseTime(draft.start);
  const end = parseTime(draft.end);
  if (!date || !start || !end) return null;
  const startMs = instantOf({ ...date, ...start }).getTime();
  const sameDayEnd = instantOf({ ...date, ...end }).getTime();
  if (sameDayEnd > startMs) return { startMs, endMs: sameDayEnd, nextDay: false };
  const endMs = instantOf({ ...shiftDay(date, 1), ...end }).getTime();
  if (sameDayEnd === startMs || endMs - startMs > maxNightMs) return { startMs, endMs: sameDayEnd, nextDay: false };
  return { startMs, endMs, nextDay: true };
}

function checkWhen(draft: Draft, nowMs: number, faults: Faults): Span | null {
  if (draft.date.trim() === "") faults.date = "required";
  else if (!parseDate(draft.date)) faults.date = "bad-date";
  for (const field of ["start", "end"] as const) {
    if (draft[field].trim() === "") faults[field] = "required";
    else if (!parseTime(draft[field])) faults[field] = "bad-time";
  }
  const span = spanOf(draft);
  if (!span) return null;
  if (span.startMs < nowMs - skewMs) faults.start = "past";
  if (span.endMs <= span.startMs) faults.end = "end-before-start";
  else if (span.endMs - span.startMs > maxSpanMs) faults.end = "too-long-span";
  return span;
}

function checkText(value: string, most: number, field: string, faults: Faults): void {
  if (value.trim() === "") faults[field] = "required";
  else if (value.trim().length > most) faults[field] = "too-long";
}

export function reasonFault(reason: string): Fault | undefined {
  return reason.trim().length > maxReason ? "too-long" : undefined;
}

export function checkPatient(patient: PatientDraft, nowMs: number, faults: Faults): void {
  if (patient.mode === "known" && !patient.id) faults["patient"] = "required";
  if (patient.mode !== "new") return;
  if (patient.system === otherSystem) checkText(patient.otherSystem, 200, "patient.otherSystem", faults);
  checkText(patient.value, 64, "patient.value", faults);
  checkText(patient.name, maxName, "patient.name", faults);
  if (patient.birthDate.trim() === "") return;
  const born = parseDate(patient.birthDate);
  if (!born) faults["patient.birthDate"] = "bad-date";
  else if (instantOf({ ...born, hour: 0, minute: 0 }).getTime() > nowMs) faults["patient.birthDate"] = "birth-in-future";
}

export function patientInput(patient: PatientDraft) {
  const born = parseDate(patient.birthDate);
  return {
    identifier: { system: patient.system === otherSystem ? patient.otherSystem.trim() : patient.system, value: patient.value.trim() },
    name: patient.name.trim(),
    sex: patient.sex,
    ...(born ? { birth_date: isoDate(born) } : {}),
  };
}

export type Checked = { faults: Faults; input?: undefined } | { faults: Record<string, never>; input: ConsultationInput };

/** Everything that is wrong at once, or what to send. Rows of people that were left empty are not sent. */
export function checkDraft(draft: Draft, nowMs: number): Checked {
  const faults: Faults = {};
  checkText(draft.title, maxTitle, "title", faults);
  const reason = reasonFault(draft.reason);
  if (reason) faults["reason"] = reason;
  const span = checkWhen(draft, nowMs, faults);
  checkPatient(draft.patient, nowMs, faults);
  const people = draft.people.filter((person) => person.name.trim() !== "");
  for (const person of people) checkText(person.name, maxName, `person.${person.key}`, faults);
  if (!span || Object.keys(faults).length > 0) return { faults };
  const input: ConsultationInput = {
    kind: draft.kind,
    title: draft.title.trim(),
    starts_at: rfc3339(new Date(span.startMs)),
    ends_at: rfc3339(new Date(span.endMs)),
  };
  if (draft.reason.trim()) input.reason = draft.reason.trim();
  if (draft.waitingRoom) input.waiting_room = true;
  if (draft.roomId) input.room_id = draft.roomId;
  if (draft.patient.mode === "known" && draft.patient.id) input.patient_id = draft.patient.id;
  if (draft.patient.mode === "new") input.patient = patientInput(draft.patient);
  if (people.length > 0) {
    input.participants = people.map(({ name, role, user_id }) => ({ name: name.trim(), role, ...(user_id ? { user_id } : {}) }));
  }
  return { faults: {}, input };
}

/** Where the server's name of a field is in this form. */
export function fieldOf(serverField: string, draft: Draft): string {
  const known: Record<string, string> = {
    starts_at: "start",
    ends_at: "end",
    room_id: "room",
    patient_id: "patient",
    "patient.identifier": "patient.value",
    "patient.identifier.value": "patient.value",
    "patient.identifier.system": "patient.otherSystem",
    "patient.birth_date": "patient.birthDate",
  };
  const person = /^participants[.[](\d+)/.exec(serverField);
  if (person) return `person.${draft.people.filter((p) => p.name.trim() !== "")[Number(person[1])]?.key ?? 0}`;
  return known[serverField] ?? serverField;
}

export interface Busy {
  starts_at: string;
  ends_at: string;
  state: Consultation["state"];
}

const takes = (c: Busy) => c.state === "booked" || c.state === "open";

/** Those that take up some of the span. */
export function collisions<T extends Busy>(all: readonly T[], startMs: number, endMs: number): T[] {
  return all.filter((c) => takes(c) && Date.parse(c.starts_at) < endMs && Date.parse(c.ends_at) > startMs);
}

/** The first start at or after `startMs` from which `lengthMs` is free of all of them. */
export function nextFree(all: readonly Busy[], startMs: number, lengthMs: number): number {
  const busy = all.filter(takes).map((c) => ({ from: Date.parse(c.starts_at), to: Date.parse(c.ends_at) }));
  busy.sort((a, b) => a.from - b.from);
  let start = startMs;
  for (const { from, to } of busy) {
    if (from < start + lengthMs && to > start) start = to;
  }
  return start;
}

/** The same draft at another time, as long as before. */
export function moveDraft(draft: Draft, startMs: number): Draft {
  const span = spanOf(draft);
  const lengthMs = span && span.endMs > span.startMs ? span.endMs - span.startMs : 30 * MINUTE_MS;
  const start = wallOf(startMs);
  return { ...draft, date: showDate(start), start: showTime(start), end: showTime(wallOf(startMs + lengthMs)) };
}
