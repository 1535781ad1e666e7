import { describe, expect, it } from "vitest";
import { captionsService, may, others, roomAfter } from "./room";
import { aPerson, aRoom } from "./room_fixture";

describe("the room", () => {
  it("shows me what I may do now, as the server tells it", () => {
    const before = aRoom([], { rights: new Set(["chat"]) });
    expect(may(before, "lock")).toBe(false);
    expect(may(roomAfter(before, { type: "rights", rights: ["chat", "lock"] }), "lock")).toBe(true);
  });
  it("shows of each speaker the line that is being written, and none once the service has gone", () => {
    const service = aPerson("s", { role: "captions" });
    const line = (participant: string, number: number, text: string) => ({ type: "captions.line", participant, line: number, text, final: false }) as const;
    const written = [line("a", 1, "đau"), line("b", 1, "từ khi nào"), line("a", 1, "đau ngực")].reduce(roomAfter, aRoom([service, aPerson("a"), aPerson("b")]));
    expect(written.captions.map((one) => one.text)).toEqual(["từ khi nào", "đau ngực"]);
    expect(others(written).map((one) => one.id)).toEqual(["a", "b"]);
    expect(captionsService(written)?.id).toBe("s");
    expect(roomAfter(written, { type: "gone", participant: "b", reason: "left" }).captions.map((one) => one.participant)).toEqual(["a"]);
    expect(roomAfter(written, { type: "gone", participant: "s", reason: "left" }).captions).toEqual([]);
  });
  it("keeps the last words to one who waits, and a request to speak", () => {
    const told = ["a", "b", "c", "d", "e", "f"].reduce((room, text) => roomAfter(room, { type: "told", name: "BS. Páo", text }), aRoom([aPerson("p")]));
    expect(told.told.map((word) => word.text)).toEqual(["b", "c", "d", "e", "f"]);
    expect(roomAfter(told, { type: "invited", by: "p" }).invited?.by).toBe("p");
  });
});
