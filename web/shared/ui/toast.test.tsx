// @vitest-environment happy-dom
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Announcer, notify } from "./toast";

beforeEach(async () => {
  vi.useFakeTimers();
  render(<Announcer />, document.body);
  await vi.advanceTimersByTimeAsync(100);
});
afterEach(() => {
  render(null, document.body);
  vi.useRealTimers();
});

const show = async (text: string) => {
  notify({ text });
  await vi.advanceTimersByTimeAsync(100);
  return document.querySelector(".toast");
};
const happens = async (element: Element | null, type: string) => {
  element?.dispatchEvent(new Event(type, { bubbles: true }));
  await vi.advanceTimersByTimeAsync(100);
};

describe("a notice", () => {
  it("stays as long as it takes to read, and goes", async () => {
    await show("a".repeat(100));
    await vi.advanceTimersByTimeAsync(8500);
    expect(document.querySelectorAll(".toast")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(document.querySelectorAll(".toast")).toHaveLength(0);
  });
  it.each([["pointerenter", "pointerleave"], ["focusin", "focusout"]])("does not go from under whoever reads it: %s", async (on, off) => {
    const toast = await show("Đã lưu.");
    await happens(toast, on);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(document.querySelectorAll(".toast")).toHaveLength(1);
    await happens(toast, off);
    await vi.advanceTimersByTimeAsync(6500);
    expect(document.querySelectorAll(".toast")).toHaveLength(0);
  });
});
