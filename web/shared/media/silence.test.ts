import { describe, expect, it } from "vitest";
import { lookEveryMs, Silence } from "./silence";

/** Looks for `forMs`; something new has come by each look that is a multiple of `everyMs` (0: never). When silence fell. */
function watch(silence: Silence, fromMs: number, forMs: number, everyMs: number): number[] {
  const fell: number[] = [];
  for (let at = fromMs; at < fromMs + forMs; at += lookEveryMs) {
    if (silence.look(everyMs > 0 && at % everyMs === 0, at)) fell.push(at - fromMs);
  }
  return fell;
}

describe("silence", () => {
  it("is noticed soon where something came all the time, and told once", () => {
    const silence = new Silence();
    expect(watch(silence, 10_000, 3000, lookEveryMs)).toEqual([]);
    silence.look(true, 13_000);
    expect(watch(silence, 13_050, 3000, 0)).toEqual([200]);
    expect(silence.heardMs).toBe(0);
  });

  it("is told but once of somebody who says nothing between their signs of life", () => {
    const silence = new Silence();
    watch(silence, 10_000, 1200, lookEveryMs);
    expect(watch(silence, 11_200, 20_000, 400)).toEqual([250]);
    expect(watch(silence, 31_000, 3000, lookEveryMs)).toEqual([]);
    expect(watch(silence, 34_000, 20_000, 400)).toEqual([]);
  });

  it("is noticed soon again after an outage", () => {
    const silence = new Silence();
    watch(silence, 10_000, 1000, lookEveryMs);
    watch(silence, 11_000, 10_000, 0);
    watch(silence, 21_000, 1000, lookEveryMs);
    expect(watch(silence, 22_000, 2000, 0)).toEqual([200]);
  });

  it("is noticed as soon after the page was too busy to look", () => {
    const silence = new Silence();
    watch(silence, 10_000, 1000, lookEveryMs);
    silence.look(true, 11_400);
    expect(watch(silence, 11_450, 2000, 0)).toEqual([200]);
  });

  it("is none before anything has come", () => {
    const silence = new Silence();
    expect(silence.look(false, 10_000)).toBe(false);
    expect(silence.heardMs).toBe(0);
  });

  it("is told again after something has come", () => {
    const silence = new Silence();
    watch(silence, 10_000, 1000, lookEveryMs);
    expect(watch(silence, 11_000, 2000, 0)).toHaveLength(1);
    watch(silence, 13_000, 1000, lookEveryMs);
    expect(watch(silence, 14_000, 2000, 0)).toHaveLength(1);
  });
});
