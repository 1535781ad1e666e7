import { describe, expect, it } from "vitest";
import type * as P from "../protocol/messages";
import { aPerson, aRoom } from "../session/room_fixture";
import { ducked, type Ears, mixOf } from "./mix";

const slot = (mid: string, participant: string, source: P.Source = "microphone"): [string, P.Slot] => [mid, { mid, kind: "audio", participant, source, state: "live" }];
const interpreter = aPerson("mai", { role: "interpreter", speaks: "interpreter" });
const room = aRoom([aPerson("lan"), interpreter], { slots: new Map([slot("1", "lan"), slot("2", "mai"), slot("3", "lan", "stethoscope")]) });
const mix = (ears: Partial<Ears> = {}, where = room) => Object.fromEntries(mixOf(where, { volumes: new Map(), listens: "floor", stethoscope: null, ...ears }));

describe("the mix", () => {
  it("plays voices as loud as wished, and a stethoscope only to who listens to it", () => {
    expect(mix({ volumes: new Map([["lan", 0.5]]) })).toEqual({ 1: 0.5, 2: 1, 3: 0 });
  });
  it("ducks the original under the interpreter for who chose the channel", () => {
    expect(mix({ listens: "interpreter" })).toEqual({ 1: ducked, 2: 1, 3: 0 });
  });
  it("ducks nobody while the interpreter is not on the channel", () => {
    const open = aRoom([aPerson("lan"), { ...interpreter, speaks: "floor" }], { slots: room.slots });
    expect(mix({ listens: "interpreter" }, open)).toEqual({ 1: 1, 2: 1, 3: 0 });
  });
  it("silences everybody for who listens to a heart", () => {
    expect(mix({ stethoscope: "lan", listens: "interpreter" })).toEqual({ 1: 0, 2: 0, 3: 1 });
  });
  it("gives the voices back when the stethoscope is gone", () => {
    const gone = aRoom([aPerson("lan")], { slots: new Map([slot("1", "lan")]) });
    expect(mix({ stethoscope: "lan" }, gone)).toEqual({ 1: 1 });
  });
});
