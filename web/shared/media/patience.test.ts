import { describe, expect, it } from "vitest";
import { Patience } from "./patience";
import { readStats } from "./quality";

/** Fifty packets a second, of which so many are lost; the answer of each second. */
function seconds(patience: Patience, ...lost: number[]): (number | null)[] {
  return lost.map((each) => {
    packets += 50 - each;
    missing += each;
    return patience.look(readStats([{ id: "a", type: "inbound-rtp", kind: "audio", packetsReceived: packets, packetsLost: missing }]));
  });
}
let packets = 0, missing = 0;

describe("sound", () => {
  it("is kept back while much of it is lost, and some seconds longer", () => {
    const patience = new Patience();
    expect(seconds(patience, 0, 1, 0, 2)).toEqual([null, null, null, null]);
    expect(seconds(patience, 15, 14, 16).slice(1)).toEqual([120, 120]);
    const after = seconds(patience, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    expect([after[0], after.at(-1)]).toEqual([120, null]);
  });

  it("is not kept back for what a new connection has not lost", () => {
    const patience = new Patience();
    seconds(patience, 15, 15, 15, 15);
    [packets, missing] = [0, 0];
    expect(seconds(patience, ...Array<number>(14).fill(0)).at(-1)).toBeNull();
  });
});
