import { describe, expect, it } from "vitest";
import { checkPassword } from "./password";

describe("a new password", () => {
  it("counts characters as people see them, marks and emoji too", () => {
    expect(checkPassword("mười hai chữ", "cũ")).toBeNull();
    expect(checkPassword("😀😀😀", "cũ")).toEqual({ code: "too-short", missing: 9 });
    expect(checkPassword("", "cũ")).toEqual({ code: "too-short", missing: 12 });
  });
  it("is not the old one", () => expect(checkPassword("mười hai chữ", "mười hai chữ")).toEqual({ code: "same-as-old" }));
});
