import { describe, expect, it } from "vitest";
import { OwnLine } from "./own_line";

/** Looks once a second at an estimate; the seconds in which pictures gave way, one character each. */
function seconds(line: OwnLine, from: number, to: number, estimateBps?: number): string {
  let shown = "";
  for (let s = from; s < to; s++) {
    line.look(estimateBps, s * 1000);
    shown += line.givesWay(s * 1000) ? "-" : "+";
  }
  return shown;
}

describe("one's own line", () => {
  it("lets pictures give way while it carries little, and tries less and less often whether it carries more", () => {
    const line = new OwnLine();
    expect(seconds(line, 0, 3, 2_000_000)).toBe("+++");
    expect(seconds(line, 3, 48, 60_000)).toBe(`${"-".repeat(12)}++++${"-".repeat(24)}++++-`);
    expect(line.thin).toBe(true);
  });

  it("lets them go on as soon as a trial shows more", () => {
    const line = new OwnLine();
    seconds(line, 0, 13, 60_000);
    expect(seconds(line, 13, 30, 900_000)).toBe("+".repeat(17));
    expect(seconds(line, 30, 32, 60_000)).toBe("--");
  });

  it("heeds the server where the browser does not tell", () => {
    const line = new OwnLine();
    line.tell(true, 0);
    expect(seconds(line, 0, 3)).toBe("---");
    line.tell(false, 3000);
    expect([line.thin, seconds(line, 3, 30)]).toEqual([false, "+".repeat(27)]);
  });

  it("tries nothing while the server says that it is thin: Firefox filled 64 kbit/s for four seconds with each trial", () => {
    const line = new OwnLine();
    line.tell(true, 0);
    expect(seconds(line, 0, 40)).toBe("-".repeat(40));
    line.tell(false, 40_000);
    expect(seconds(line, 40, 43)).toBe("+++");
  });

  it("tries at once when the server says that the line is whole, though the browser does not know yet", () => {
    const line = new OwnLine();
    line.tell(true, 0);
    seconds(line, 0, 5, 60_000);
    line.tell(false, 5000);
    expect([line.thin, seconds(line, 5, 11, 60_000)]).toEqual([true, "++++--"]);
  });

  it("takes nothing for granted for a while where there is reason to doubt, and then goes by what it sees", () => {
    const line = new OwnLine();
    line.doubt(4000, 0);
    expect(seconds(line, 0, 5, 300_000)).toBe("-----"); // it is not even connected
    line.connected(5000);
    expect(seconds(line, 5, 12, 300_000)).toBe("----+++");
  });

  it("doubts no longer once the server has said how the line is", () => {
    const line = new OwnLine();
    line.doubt(20_000, 0);
    line.connected(0);
    line.tell(true, 1000);
    expect(seconds(line, 1, 3)).toBe("--");
    line.tell(false, 3000);
    expect([line.thin, seconds(line, 3, 8)]).toEqual([false, "+++++"]);
  });
});
