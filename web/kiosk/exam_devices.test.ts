import { describe, expect, it } from "vitest";
import { nextSource } from "./exam_devices";

describe("naming a device by presses", () => {
  it("goes through every kind of camera and back to none", () => {
    let now = nextSource("videoinput", null);
    const seen = [];
    for (; now !== null; now = nextSource("videoinput", now)) seen.push(now);
    expect(seen).toEqual(["exam", "dermatoscope", "ultrasound", "document", "room"]);
  });
  it("knows one kind of sound", () => {
    expect(nextSource("audioinput", null)).toBe("stethoscope");
    expect(nextSource("audioinput", "stethoscope")).toBeNull();
  });
});
