import { describe, expect, it } from "vitest";
import { checkDraft, collisions, fieldOf, kindChosen, moveDraft, newDraft, nextFree, spanOf, spreadDateTime, type Draft } from "./booking";

const now = Date.parse("2026-11-22T03:07:00Z"); // 10:07 in Việt Nam
const draft = (change: Partial<Draft> = {}): Draft => ({ ...newDraft(now), title: "Hội chẩn tim mạch", ...change });
const faults = (change: Partial<Draft>) => checkDraft(draft(change), now).faults;

describe("a new booking", () => {
  it("starts at the next full quarter for half an hour", () => {
    expect(newDraft(now)).toMatchObject({ date: "22/11/2026", start: "10:15", end: "10:45" });
  });
  it("is ready to send once it has a title", () => {
    expect(checkDraft(draft(), now).input).toEqual({
      kind: "scheduled",
      title: "Hội chẩn tim mạch",
      starts_at: "2026-11-22T03:15:00Z",
      ends_at: "2026-11-22T03:45:00Z",
    });
  });
  it("lets a patient at home wait outside, colleagues not", () => {
    expect(checkDraft(draft(kindChosen("tele-exam")), now).input).toMatchObject({ kind: "tele-exam", waiting_room: true });
    expect(checkDraft(draft(kindChosen("scheduled")), now).input).not.toHaveProperty("waiting_room");
    expect(checkDraft(draft({ reason: " Đau ngực " }), now).input).toMatchObject({ reason: "Đau ngực" });
    expect(checkDraft(draft({ reason: "a".repeat(4001) }), now).faults).toEqual({ reason: "too-long" });
  });
  it("sends room, patient and the people that were filled in", () => {
    const people = [
      { key: 1, name: " BS. Lan ", role: "host" as const, user_id: "u1" },
      { key: 2, name: "", role: "specialist" as const },
    ];
    const patient = { ...newDraft(now).patient, mode: "new" as const, value: "079088001234", name: "Giàng A Páo", birthDate: "3/2/1988", sex: "male" as const };
    expect(checkDraft(draft({ roomId: "r1", people, patient }), now).input).toMatchObject({
      room_id: "r1",
      participants: [{ name: "BS. Lan", role: "host", user_id: "u1" }],
      patient: { identifier: { system: "urn:vn:so-dinh-danh-ca-nhan", value: "079088001234" }, name: "Giàng A Páo", birth_date: "1988-02-03", sex: "male" },
    });
  });
});

describe("what is wrong with a booking", () => {
  it("says all of it at once", () => {
    expect(faults({ title: " ", date: "32/1/2026", start: "", end: "25:00" })).toEqual({
      title: "required",
      date: "bad-date",
      start: "required",
      end: "bad-time",
    });
  });
  it("does not take the past, but does take five minutes of a slow clock", () => {
    expect(faults({ start: "10:00" })).toEqual({ start: "past" });
    expect(faults({ start: "10:03" })).toEqual({});
  });
  it("takes an end before the start for the next day only when that is a night", () => {
    expect(spanOf({ date: "22/11/2026", start: "23:30", end: "00:30" })).toMatchObject({ nextDay: true, endMs: Date.parse("2026-11-22T17:30:00Z") });
    expect(faults({ start: "14:00", end: "13:00" })).toEqual({ end: "end-before-start" });
    expect(faults({ start: "14:00", end: "14:00" })).toEqual({ end: "end-before-start" });
  });
  it("asks for what a new patient needs, and for no birth in the future", () => {
    const patient = { ...newDraft(now).patient, mode: "new" as const, system: "other", birthDate: "23/11/2026" };
    expect(faults({ patient })).toEqual({
      "patient.otherSystem": "required",
      "patient.value": "required",
      "patient.name": "required",
      "patient.birthDate": "birth-in-future",
    });
    expect(faults({ patient: { ...patient, mode: "known" } })).toEqual({ patient: "required" });
  });
  it("finds the server's fields in the form, counting only the people that were sent", () => {
    const people = [
      { key: 7, name: "", role: "host" as const },
      { key: 9, name: "BS. Minh", role: "specialist" as const },
    ];
    expect(fieldOf("starts_at", draft())).toBe("start");
    expect(fieldOf("participants[0].name", draft({ people }))).toBe("person.9");
    expect(fieldOf("title", draft())).toBe("title");
  });
});

describe("a date and time in one field", () => {
  it("is spread over the fields", () => {
    expect(spreadDateTime(draft({ start: "2026-12-01T08:30" }), "start")).toMatchObject({ date: "01/12/2026", start: "08:30" });
    expect(spreadDateTime(draft({ end: "2026-12-01T09:00" }), "end")).toMatchObject({ date: "22/11/2026", end: "09:00" });
  });
});

describe("collisions", () => {
  const at = (from: string, to: string, state: "booked" | "cancelled" = "booked") => ({ starts_at: `2026-11-22T${from}:00Z`, ends_at: `2026-11-22T${to}:00Z`, state });
  const day = [at("05:00", "05:30"), at("03:30", "04:00"), at("04:00", "04:20"), at("03:00", "06:00", "cancelled")];
  const ms = (time: string) => Date.parse(`2026-11-22T${time}:00Z`);

  it("are those that share time, touching ones and cancelled ones not", () => {
    expect(collisions(day, ms("03:15"), ms("03:45"))).toEqual([day[1]]);
    expect(collisions(day, ms("04:20"), ms("05:00"))).toEqual([]);
  });
  it("are left by going to the first gap that is long enough", () => {
    expect(nextFree(day, ms("03:15"), 30 * 60_000)).toBe(ms("04:20"));
    expect(nextFree(day, ms("03:15"), 45 * 60_000)).toBe(ms("05:30"));
    expect(nextFree(day, ms("06:00"), 45 * 60_000)).toBe(ms("06:00"));
  });
  it("keep the length when the booking moves", () => {
    expect(moveDraft(draft({ start: "10:15", end: "11:00" }), ms("05:30"))).toMatchObject({ date: "22/11/2026", start: "12:30", end: "13:15" });
  });
});
