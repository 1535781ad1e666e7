import { expect, it } from "vitest";
import type { KioskRing } from "../shared/api";
import { DAY_MS } from "../shared/time/zone";
import { isQuiet, lasting, paceOf, type Quiets } from "./rung";

const at = (time: string) => Date.parse(`2026-11-27T${time}Z`);
const ring = (since: string, kind: KioskRing["kind"] = "scheduled"): KioskRing => ({ consultation_id: "c", kind, title: "Tim mạch", doctors: [{ name: "BS. Lan" }], since: `2026-11-27T${since}Z` });
const putOff: Quiets = new Map([["c", { sinceMs: at("14:00:00"), untilMs: at("14:03:00") }]]);

it("rings for a consultation that was never put off", () => expect(isQuiet(ring("14:00:00"), new Map(), at("14:00:01"))).toBe(false));
it("put off is quiet for a while, then rings again for the same people", () => {
  expect(isQuiet(ring("14:00:00"), putOff, at("14:02:59"))).toBe(true);
  expect(isQuiet(ring("14:00:00"), putOff, at("14:03:00"))).toBe(false);
});
it("rings at once for whoever comes after it was put off", () => expect(isQuiet(ring("14:01:00"), putOff, at("14:01:01"))).toBe(false));
it("what the room has left is quiet as long as it lasts, but for who comes later", () => {
  const left: Quiets = new Map([["c", { sinceMs: at("14:00:00"), untilMs: at("14:00:00") + DAY_MS }]]);
  expect(isQuiet(ring("13:30:00"), left, at("20:00:00"))).toBe(true);
  expect(isQuiet(ring("14:10:00"), left, at("14:10:01"))).toBe(false);
});
it("keeps what lasts, and nothing for ever", () => {
  expect([...lasting(putOff, at("14:02:59"))]).toEqual([...putOff]);
  expect(lasting(putOff, at("14:03:00")).size).toBe(0);
});
it("another consultation is not quiet", () => expect(isQuiet({ ...ring("13:00:00"), consultation_id: "d" }, putOff, at("14:01:00"))).toBe(false));
it("an emergency rings longer and rests less", () => {
  expect(paceOf(ring("14:00:00", "emergency")).ringsMs).toBeGreaterThan(paceOf(ring("14:00:00")).ringsMs);
  expect(paceOf(ring("14:00:00", "emergency")).restsMs).toBeLessThan(paceOf(ring("14:00:00")).restsMs);
});
