import { describe, expect, it } from "vitest";
import type { Consultation } from "../shared/api";
import { clockOffset, deviceWord, isDim, lineWord, listOf, retryDelayMs, spacedCode } from "./screen";

const at = (iso: string) => Date.parse(`2026-11-22T${iso}:00+07:00`);
const c = (id: string, from: string, to: string, state: Consultation["state"] = "booked"): Consultation => ({
  id,
  kind: "scheduled",
  title: id,
  state,
  starts_at: new Date(at(from)).toISOString(),
  ends_at: new Date(at(to)).toISOString(),
  participants: [],
});

describe("dimming", () => {
  it("is for the night, by the hospital's clock", () => {
    expect(isDim(at("22:30"), 0, null)).toBe(true);
    expect(isDim(at("05:59"), 0, null)).toBe(true);
    expect(isDim(at("06:00"), 0, null)).toBe(false);
  });
  it("waits while somebody is there and before a consultation", () => {
    expect(isDim(at("22:30"), at("22:29"), null)).toBe(false);
    expect(isDim(at("22:30"), 0, at("22:50"))).toBe(false);
    expect(isDim(at("22:30"), 0, at("23:50"))).toBe(true);
  });
});

describe("what the health line says", () => {
  it("knows the line by the server's answers", () => {
    expect([lineWord(true, 30), lineWord(true, 900), lineWord(true, 4000), lineWord(false, 10)]).toEqual(["good", "fair", "poor", "lost"]);
  });
  it("tells a device that is not there from one that may not be used", () => {
    expect(deviceWord(["audioinput"], "videoinput", "granted")).toBe("missing");
    expect(deviceWord(["videoinput"], "videoinput", "denied")).toBe("denied");
    expect(deviceWord(["videoinput"], "videoinput", null)).toBe("ready");
    expect(deviceWord(null, "videoinput", null)).toBe("unknown");
  });
});

describe("the clock", () => {
  it("goes by the server's, halfway through the question", () => expect(clockOffset("2026-11-22T00:00:10Z", Date.parse("2026-11-22T00:00:00Z"), Date.parse("2026-11-22T00:00:02Z"))).toBe(9000));
  it("stays its own when the server says nonsense", () => expect(clockOffset("soon", 0, 1)).toBe(0));
});

describe("the day's list", () => {
  const day = [c("e", "16:00", "16:30"), c("a", "08:00", "08:30", "ended"), c("b", "09:00", "09:30", "ended"), c("x", "10:00", "11:00", "cancelled"), c("d", "14:00", "14:30")];
  it("is in order, without what was called off, from the one just past on", () => {
    expect(listOf(day, 3, at("13:00")).map((one) => one.id)).toEqual(["b", "d", "e"]);
  });
  it("shows the last ones at the end of the day", () => expect(listOf(day, 2, at("20:00")).map((one) => one.id)).toEqual(["d", "e"]));
  it("is short on a short day", () => expect(listOf([], 3, 0)).toEqual([]));
});

it("codes are read in two breaths", () => expect(spacedCode("K7M2QX")).toBe("K7M 2QX"));
it("waits longer after each failure, half a minute at most", () => expect([1, 2, 3, 9].map(retryDelayMs)).toEqual([2000, 4000, 8000, 30_000]));
