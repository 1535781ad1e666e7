import { describe, expect, it } from "vitest";
import type * as P from "../protocol/messages";
import { whyOf, whysOf } from "./why";

const slot = (more: Partial<P.Slot>): P.Slot => ({ mid: "3", kind: "video", participant: "b", state: "live", ...more });
const none = new Set<string>();

describe("why a picture stands still", () => {
  it("is the server's line, word for word", () => {
    const why = { cause: "source-loss", text: "Hình của BS. Lan đứng vì đường lên của bên đó yếu (mất 12 %)." } as const;
    expect(whyOf(slot({ why }), "BS. Lan", none)).toEqual(why);
  });
  it("is said by this page when only this page sees it", () => {
    expect(whyOf(slot({}), "BS. Lan", new Set(["3"]))?.text).toMatch(/^Hình của BS\. Lan đang đứng\. Tiếng vẫn giữ\./);
  });
  it("says nothing of what moves, of a camera that is off, of stills and of sound", () => {
    expect(whyOf(slot({}), "", none)).toBeNull();
    expect(whyOf(slot({ why: { cause: "source-off", text: "…" } }), "", none)).toBeNull();
    expect(whyOf(slot({ state: "stills" }), "", new Set(["3"]))).toBeNull();
    expect(whyOf(slot({ kind: "audio" }), "", new Set(["3"]))).toBeNull();
    expect(whyOf(undefined, "", none)).toBeNull();
  });
  it("is listed for all pictures by name", () => {
    const slots = [slot({}), slot({ mid: "5", participant: "c" }), slot({ mid: "7", participant: null, state: "empty" })];
    expect(whysOf(slots, (id) => id.toUpperCase(), new Set(["5", "7"])).map((why) => [why.mid, why.text.includes("C")])).toEqual([["5", true]]);
  });
});
