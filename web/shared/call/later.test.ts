import { describe, expect, it } from "vitest";
import { hasRoom } from "./later";

describe("what the call can do without for now", () => {
  const call = { session: { media: "connected" }, line: "good", thin: false } as const;
  it("comes by itself once the call stands on a line that has room", () => {
    expect([hasRoom(call), hasRoom({ ...call, line: "fair" })]).toEqual([true, true]);
  });
  it("leaves a line that carries little to sound and picture", () => {
    expect([hasRoom({ ...call, line: "poor" }), hasRoom({ ...call, thin: true }), hasRoom({ ...call, session: { media: "disturbed" } })]).toEqual([false, false, false]);
  });
});
