import { describe, expect, it } from "vitest";
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";
import { isMachineSlow, lineWhy, serverWhy, sufferers, whyOf } from "./why";

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
  it("is no picture's when this machine is slow: that is said once, and not of the line", () => {
    const slow = slot({ why: { cause: "viewer-slow", text: "…" } });
    const room = (more: object) => ({ slots: new Map([["3", slot({})]]), link: null, ...more }) as unknown as Room;
    expect(whyOf(slow, "", new Set(["3"]))).toBeNull();
    expect(isMachineSlow(room({ slots: new Map([["3", slow]]) }))).toBe(true);
    const sends = room({ link: { why: { cause: "line-slow", text: "…" } } });
    expect([isMachineSlow(sends), lineWhy(sends)]).toEqual([true, undefined]);
    const narrow = { cause: "line-narrow", text: "…" };
    expect([isMachineSlow(room({ link: { why: narrow } })), lineWhy(room({ link: { why: narrow } }))]).toEqual([false, narrow]);
    expect(isMachineSlow(null)).toBe(false);
  });
  it("is no picture's when the server or one's own line is the cause: that is said once", () => {
    const busy = { cause: "server-busy", text: "Máy chủ…" } as const;
    const held = { cause: "held", text: "Hình của BS. Lan tạm dừng vì đường xuống của bạn yếu." } as const;
    for (const why of [busy, held]) expect(whyOf(slot({ state: "paused", why }), "", none)).toBeNull();
    const room = (more: object) => ({ slots: new Map([["3", slot({})]]), link: null, ...more }) as unknown as Room;
    expect(serverWhy(room({ link: { why: busy } }))).toBe(busy);
    expect(lineWhy(room({ link: { why: busy } }))).toBeUndefined();
    expect(serverWhy(room({ slots: new Map([["3", slot({ why: busy })]]) }))).toBe(busy);
    expect([serverWhy(room({})), serverWhy(null)]).toEqual([undefined, undefined]);
  });
  it("is listed for all pictures that suffer: in words where it is their own side's, else by name", () => {
    const loss = { cause: "source-loss", text: "Hình của B đứng…" } as const;
    const slots = [slot({ why: loss }), slot({ mid: "5", participant: "c" }), slot({ mid: "7", participant: null, state: "empty" }), slot({ mid: "9", participant: "d", why: { cause: "held", text: "…" } }), slot({ mid: "11", participant: "e", why: { cause: "source-off", text: "…" } })];
    const found = sufferers(slots, (id) => id.toUpperCase(), new Set(["5", "7"]));
    expect(found.map(({ mid }) => mid)).toEqual(["3", "5", "9"]);
    expect([found[0]?.text, found[2]?.text]).toEqual([loss.text, "D"]);
    expect(found[1]?.text).toMatch(/^Hình của C đang đứng/);
  });
});
