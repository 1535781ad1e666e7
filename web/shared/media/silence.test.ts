import { describe, expect, it } from "vitest";
import { Silence } from "./silence";

/** Looks every 100 ms for `forMs`; something new has come by each look that is a multiple of `everyMs` (0: never). When silence fell. */
function watch(silence: Silence, fromMs: number, forMs: number, everyMs: number): number[] {
  const fell: number[] = [];
  for (let at = fromMs; at < fromMs + forMs; at += 100) {
    const newest = everyMs ? String(Math.floor(at / everyMs)) : "the same";
    if (silence.look(newest, at)) fell.push(at - fromMs);
  }
  return fell;
}

describe("silence", () => {
  it("is noticed soon where something came all the time, and told once", () => {
    const silence = new Silence();
    expect(watch(silence, 10_000, 3000, 100)).toEqual([]);
    silence.look("the same", 13_000);
    expect(watch(silence, 13_100, 3000, 0)).toEqual([300]);
    expect(silence.heardMs).toBe(0);
  });

  it("is none between the signs of life of somebody who says nothing", () => {
    expect(watch(new Silence(), 10_000, 20_000, 400)).toEqual([]);
  });

  it("is none before anything has come", () => {
    const silence = new Silence();
    expect(silence.look("", 10_000)).toBe(false);
    expect(silence.heardMs).toBe(0);
  });

  it("is told again after something has come", () => {
    const silence = new Silence();
    watch(silence, 10_000, 1000, 100);
    expect(watch(silence, 11_000, 2000, 0)).toHaveLength(1);
    watch(silence, 13_000, 1000, 100);
    expect(watch(silence, 14_000, 2000, 0)).toHaveLength(1);
  });
});
