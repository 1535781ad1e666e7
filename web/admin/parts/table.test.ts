import { describe, expect, it } from "vitest";
import { nextSort, parseSort, sorted, type Column } from "./table";

const columns: Column<{ n: number; name: string }>[] = [
  { key: "n", title: "Số", cell: (row) => row.n, compare: (a, b) => a.n - b.n },
  { key: "name", title: "Tên", cell: (row) => row.name },
];
const rows = [
  { n: 2, name: "hai" },
  { n: 1, name: "một" },
];

describe("sorting a table by its address", () => {
  it("goes up, then down, then back to how it came", () => {
    expect([nextSort(null, "n"), nextSort("n", "n"), nextSort("-n", "n"), nextSort("-n", "name")]).toEqual(["n", "-n", "", "name"]);
  });
  it("reads the direction", () => {
    expect(parseSort("-n")).toEqual({ key: "n", direction: "descending" });
    expect(parseSort("")).toBeNull();
  });
  it("sorts by a column that says how and by no other", () => {
    expect(sorted(rows, columns, "n").map((r) => r.n)).toEqual([1, 2]);
    expect(sorted(rows, columns, "-n").map((r) => r.n)).toEqual([2, 1]);
    expect(sorted(rows, columns, "name")).toBe(rows);
    expect(sorted(rows, columns, "__proto__")).toBe(rows);
  });
});
