import { describe, expect, it } from "vitest";
import type { Site } from "../shared/api";
import { possibleParents, siteTree } from "./site_tree";

const site = (id: string, parent_id?: string): Site => ({ id, name: id, kind: "clinic", ...(parent_id ? { parent_id } : {}) });
const names = (nodes: ReturnType<typeof siteTree>): unknown => nodes.map((n) => [n.site.id, names(n.children)]);

describe("the tree of sites", () => {
  it("puts every site under its parent, in Vietnamese order", () => {
    expect(names(siteTree([site("Đồn", "Tỉnh"), site("Tỉnh"), site("An", "Tỉnh")], []))).toEqual([["Tỉnh", [["An", []], ["Đồn", []]]]]);
  });
  it("shows a site whose parent is gone at the top, and a ring at all", () => {
    expect(names(siteTree([site("a", "x")], []))).toEqual([["a", []]]);
    expect(siteTree([site("a", "b"), site("b", "a")], []).length).toBe(2);
  });
  it("lets no site hang under itself", () => {
    const sites = [site("a"), site("b", "a"), site("c", "b"), site("d")];
    expect(possibleParents(sites, "b").map((s) => s.id)).toEqual(["a", "d"]);
    expect(possibleParents(sites, undefined).length).toBe(4);
  });
});
