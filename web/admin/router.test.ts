import { describe, expect, it } from "vitest";
import { href, readAddress, segments, withQuery } from "./router";

describe("the panel's address", () => {
  it.each([
    ["/admin", "/"],
    ["/admin/", "/"],
    ["/admin/consultations/", "/consultations"],
    ["/admin/consultations/a-1", "/consultations/a-1"],
  ])("reads %s as %s", (pathname, path) => expect(readAddress({ pathname, search: "" }).path).toBe(path));

  it("keeps odd ids whole on the way there and back", () => {
    const path = `/patients/${encodeURIComponent("a/b?c")}`;
    expect(segments(readAddress({ pathname: href(path), search: "" }).path)).toEqual(["patients", "a/b?c"]);
    expect(segments("/patients/%E0%A4%A")).toEqual(["patients", "%E0%A4%A"]);
  });

  it("leaves empty filters out", () => {
    expect(href("/consultations", { q: "", state: "open" })).toBe("/admin/consultations?state=open");
    expect(withQuery(new URLSearchParams("q=tim&state=open"), { state: "", room: "r1" })).toBe("?q=tim&room=r1");
    expect(withQuery(new URLSearchParams("q=tim"), { q: "" })).toBe("");
  });
});
