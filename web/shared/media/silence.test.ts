import { describe, expect, it } from "vitest";
import { lookEveryMs, Silence } from "./silence";

/**
 * Looks for `forMs`. A packet comes at each multiple of `everyMs` (0: never), and plays at once unless it is none that can be played.
 * When silence fell.
 */
function watch(silence: Silence, fromMs: number, forMs: number, everyMs: number, plays = true): number[] {
  const fell: number[] = [];
  let packetMs = fromMs - lookEveryMs;
  for (let at = fromMs; at < fromMs + forMs; at += lookEveryMs) {
    const came = everyMs > 0 && at % everyMs === 0;
    if (came) packetMs = at;
    if (silence.look(came && plays, at) && silence.asked(packetMs, at, at)) fell.push(at - fromMs);
  }
  return fell;
}

describe("silence", () => {
  it("is noticed soon where something came all the time, and told once", () => {
    const silence = new Silence();
    expect(watch(silence, 10_000, 3000, lookEveryMs)).toEqual([]);
    expect(watch(silence, 13_000, 3000, 0)).toEqual([200]);
    expect(silence.heardMs).toBe(0);
  });

  it("is counted from the last packet, however long that took to play", () => {
    const silence = new Silence();
    watch(silence, 10_000, 1000, lookEveryMs);
    silence.look(true, 11_000); // of a packet at 10 900, and then no more
    expect([11_050, 11_100, 11_150].map((at) => silence.look(false, at) && silence.asked(10_900, at, at))).toEqual([false, false, true]);
  });

  it("is none while packets come of which nothing can be played", () => {
    const silence = new Silence();
    watch(silence, 10_000, 1000, lookEveryMs);
    expect(watch(silence, 11_000, 4000, 150, false)).toEqual([]);
    expect(silence.heardMs).toBeGreaterThan(14_500);
  });

  it("is told but once of somebody who says nothing between their signs of life", () => {
    const silence = new Silence();
    watch(silence, 10_000, 1200, lookEveryMs);
    expect(watch(silence, 11_200, 20_000, 400)).toEqual([250]);
    expect(watch(silence, 31_200, 3000, lookEveryMs)).toEqual([]);
    expect(watch(silence, 34_000, 20_000, 400)).toEqual([]);
  });

  it("is noticed soon again after an outage", () => {
    const silence = new Silence();
    watch(silence, 10_000, 1000, lookEveryMs);
    watch(silence, 11_000, 10_000, 0);
    watch(silence, 21_000, 1000, lookEveryMs);
    expect(watch(silence, 22_000, 2000, 0)).toEqual([200]);
  });

  it("is noticed as soon after the page was too busy to look, or the packets were seen to have come meanwhile", () => {
    const silence = new Silence();
    watch(silence, 10_000, 1000, lookEveryMs);
    expect(silence.look(false, 11_400) && silence.asked(11_390, 11_400, 11_480)).toBe(false);
    silence.look(true, 11_500);
    expect(watch(silence, 11_550, 2000, 0)).toEqual([200]);
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
