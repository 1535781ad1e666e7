import { describe, expect, it } from "vitest";
import { compareNames, fill, formatBytes, formatDate, formatDateTime, formatDuration, formatNumber, formatSpan } from ".";

describe("fill", () => {
  it("puts values where they are named", () => expect(fill("{who} đã vào", { who: "BS. Lan" })).toBe("BS. Lan đã vào"));
  it("chooses the English plural", () => {
    const text = "{count} {count:person|people} waiting";
    expect(fill(text, { count: 1 })).toBe("1 person waiting");
    expect(fill(text, { count: 3 })).toBe("3 people waiting");
  });
  it("leaves a name without value as it is", () => expect(fill("{nobody}")).toBe("{nobody}"));
});

describe("dates and numbers", () => {
  const afternoon = new Date("2026-11-22T07:00:00Z"); // 14:00 in Việt Nam
  it("writes the day as people here do", () => expect(formatDate(afternoon)).toBe("Chủ Nhật 22/11/2026"));
  it("writes time first", () => expect(formatDateTime(afternoon)).toBe("14:00, Chủ Nhật 22/11/2026"));
  it("names the day only once in a span", () => expect(formatSpan(afternoon, "2026-11-22T07:30:00Z")).toBe("14:00 – 14:30"));
  it("uses the decimal comma", () => expect(formatNumber(1234.5, 1)).toBe("1.234,5"));
  it("sizes files", () => expect(formatBytes(1_530_000)).toBe("1,5 MB"));
  it("runs clocks past the hour", () => expect([formatDuration(185_000), formatDuration(3_723_000)]).toEqual(["3:05", "1:02:03"]));
});

describe("compareNames", () => {
  it("sorts by the given name, which is the last word", () =>
    expect(["Trần Văn Bình", "Nguyễn Thị Đào", "Lê Văn An", "Phạm Dung"].sort(compareNames)).toEqual([
      "Lê Văn An",
      "Trần Văn Bình",
      "Phạm Dung",
      "Nguyễn Thị Đào",
    ]));
});
