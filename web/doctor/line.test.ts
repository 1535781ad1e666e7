import { describe, expect, it } from "vitest";
import { judge } from "./line";

describe("judge", () => {
  it("knows a good line, even when the first request was slow", () => expect(judge([250, 20, 22, 19, 25], 0)).toBe("good"));
  it("calls a satellite's delay poor", () => expect(judge([900, 850, 910, 880, 1200], 0)).toBe("poor"));
  it("calls lost requests by what they are", () => {
    expect(judge([30, 40, 35, 50], 1)).toBe("fair");
    expect(judge([30, 40, 35], 2)).toBe("poor");
  });
  it("admits when it does not know", () => expect(judge([], 5)).toBe("unknown"));
});
