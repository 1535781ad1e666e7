import { describe, expect, it } from "vitest";
import { Detour } from "./detour";

/** Asks once a second; the seconds at which it was time to look. */
function looks(detour: Detour, from: number, to: number, protocol: "udp" | "tcp" | "turn-tls" | null, thin = false): number[] {
  const at: number[] = [];
  for (let s = from; s < to; s++) if (detour.isOver(protocol, thin, s * 1000)) at.push(s);
  return at;
}

describe("a detour", () => {
  it("is looked behind less and less often", () => {
    const detour = new Detour();
    expect(looks(detour, 0, 5, "udp")).toEqual([]);
    expect(looks(detour, 5, 800, "tcp")).toEqual([15, 35, 75, 155, 315, 475, 635, 795]);
  });

  it("is none where UDP never worked, and while nothing is known", () => {
    const detour = new Detour();
    expect(looks(detour, 0, 300, "turn-tls")).toEqual([]);
    looks(detour, 300, 301, "udp");
    expect(looks(detour, 301, 400, null)).toEqual([]);
  });

  it("is over with UDP: the next one is looked behind soon again", () => {
    const detour = new Detour();
    looks(detour, 0, 1, "udp");
    looks(detour, 1, 60, "tcp");
    looks(detour, 60, 61, "udp");
    expect(looks(detour, 61, 80, "tcp")).toEqual([71]);
  });

  it("is left as it is while the line has no room for an exchange", () => {
    const detour = new Detour();
    looks(detour, 0, 1, "udp");
    expect(looks(detour, 1, 100, "tcp", true)).toEqual([]);
    expect(looks(detour, 100, 102, "tcp")).toEqual([100]);
  });
});
