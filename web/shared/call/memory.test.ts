// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { rememberAnswered, takeAnswered } from "./memory";

describe("an emergency that was answered here", () => {
  beforeEach(() => sessionStorage.clear());
  it("is known by its own link, and once", () => {
    rememberAnswered("ticket-of-the-call");
    expect(takeAnswered("another")).toBe(false);
    expect(takeAnswered("ticket-of-the-call")).toBe(true);
    expect(takeAnswered("ticket-of-the-call")).toBe(false); // who left and loads the page again is asked
  });
  it("leaves nothing of the ticket behind", () => {
    rememberAnswered("ticket-of-the-call");
    expect(sessionStorage.length).toBe(1);
    expect(sessionStorage.getItem(sessionStorage.key(0) ?? "")).not.toContain("ticket");
  });
});
