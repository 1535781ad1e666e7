import { describe, expect, it } from "vitest";
import { may, roomAfter } from "./room";
import { aPerson, aRoom } from "./room_fixture";

describe("the room", () => {
  it("shows me what I may do now, as the server tells it", () => {
    const before = aRoom([], { rights: new Set(["chat"]) });
    expect(may(before, "lock")).toBe(false);
    expect(may(roomAfter(before, { type: "rights", rights: ["chat", "lock"] }), "lock")).toBe(true);
  });
  it("keeps the last words to one who waits, and a request to speak", () => {
    const told = ["a", "b", "c", "d", "e", "f"].reduce((room, text) => roomAfter(room, { type: "told", name: "BS. Páo", text }), aRoom([aPerson("p")]));
    expect(told.told.map((word) => word.text)).toEqual(["b", "c", "d", "e", "f"]);
    expect(roomAfter(told, { type: "invited", by: "p" }).invited?.by).toBe("p");
  });
});
