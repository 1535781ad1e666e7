import { describe, expect, it } from "vitest";
import type { CallStats } from "../shared/api";
import { reasonsOf, worstLine } from "./lines";

describe("lines", () => {
  it("of a consultation are as good as the worst of them", () => {
    expect(worstLine([{ connection: "good" }, { connection: "poor" }, {}])).toBe("poor");
    expect(worstLine([{ connection: "good" }])).toBe("good");
    expect(worstLine([{}])).toBeUndefined();
    expect(worstLine([])).toBeUndefined();
  });
  it("tell each reason once", () => {
    const why = (text: string) => ({ cause: "held", text });
    const stats: CallStats = {
      consultation: "c",
      participants: [
        { id: "a", name: "A", role: "doctor", lines: [{ kind: "call", state: "connected", why: why("one"), slots: [{ mid: "1", kind: "video", state: "live", why: why("two") }] }] },
        { id: "b", name: "B", role: "host", lines: [{ kind: "call", state: "connected", slots: [{ mid: "1", kind: "video", state: "live", why: why("two") }] }] },
      ],
    };
    expect(reasonsOf(stats)).toEqual(["one", "two"]);
  });
});
