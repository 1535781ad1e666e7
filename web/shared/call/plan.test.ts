import { describe, expect, it } from "vitest";
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";
import { aPerson, aRoom } from "../session/room_fixture";
import { type PlanChoices, planOf, viewOf } from "./plan";

const space = { width: 1280, height: 600 };
const person = aPerson;
const scope: P.Track = { track: "t9", kind: "video", source: "dermatoscope" };
const screen: P.Track = { track: "t8", kind: "video", source: "screen" };

const room = aRoom;
const plan = (in_: Room, change: Partial<PlanChoices> = {}) => planOf(in_, { layout: "grid", pinned: null, ownTile: false, ...change }, space, 8);

describe("planOf", () => {
  it("shows everybody else once, and nobody who still waits", () => {
    const found = plan(room([person("a"), person("b"), person("w", { waiting: true })]));
    expect(found.main).toBeNull();
    expect(found.rest.map((p) => p.key)).toEqual(["a/camera", "b/camera"]);
  });
  it("puts one's own picture among the tiles once it would cover somebody", () => {
    expect(plan(room([person("a"), person("b")])).ownTile).toBe(false);
    expect(plan(room([person("a"), person("b"), person("c")])).ownTile).toBe(true);
  });
  it("gives a shared screen the stage", () => expect(plan(room([person("a", { tracks: [screen] }), person("b")])).main?.key).toBe("a/screen"));
  it("gives an exam its source, whoever speaks", () => {
    const found = plan(room([person("a", { tracks: [scope] }), person("b")], { speaker: "b" }), { layout: "exam" });
    expect(found.main?.key).toBe("a/dermatoscope");
  });
  it("follows the speaker where faces are looked at", () =>
    expect(plan(room([person("a"), person("b")], { speaker: "b" }), { layout: "speaker" }).main?.key).toBe("b/camera"));
  it("obeys a pin before all else, and forgets one who left", () => {
    const people = room([person("a", { tracks: [screen] }), person("b")]);
    expect(plan(people, { pinned: "b/camera" }).main?.key).toBe("b/camera");
    expect(plan(people, { pinned: "gone/camera" }).main?.key).toBe("a/screen");
  });
});

describe("viewOf", () => {
  it("asks for what is on the screen, in its own pixels, the large one pinned", () => {
    const view = viewOf(plan(room([person("a", { tracks: [scope] }), person("b")]), { layout: "exam" }), 2, false);
    expect(view[0]).toMatchObject({ participant: "a", source: "dermatoscope", pinned: true });
    expect(view[0]!.width).toBeGreaterThan(1500);
    expect(view.slice(1).every((item) => !item.pinned && item.width < view[0]!.width)).toBe(true);
  });
  it("asks for no camera that is off", () => expect(viewOf(plan(room([person("a", { camera: false })])), 1, false)).toEqual([]));
  it("asks for little while nobody looks", () => expect(viewOf(plan(room([person("a")])), 1, true)).toEqual([{ participant: "a", source: "camera", width: 160, height: 90 }]));
  it("does not make the same request twice over fractions", () => {
    for (const { width, height } of viewOf(plan(room([person("a"), person("b"), person("c")])), 1.25, false)) expect([width, height].every(Number.isInteger)).toBe(true);
  });
});
