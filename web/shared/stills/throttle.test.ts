import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Throttle } from "./throttle";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recorded(): { seen: number[]; throttle: Throttle; move: (value: number) => void } {
  const seen: number[] = [];
  const throttle = new Throttle(50);
  return { seen, throttle, move: (value) => throttle.soon(() => seen.push(value)) };
}

test("the first goes at once, the next ones not more often than allowed", () => {
  const { seen, move } = recorded();
  for (let at = 0; at < 20; at++) {
    move(at);
    vi.advanceTimersByTime(10);
  }
  expect(seen).toEqual([0, 4, 9, 14, 19]);
});

test("a hand that rests is seen where it rests", () => {
  const { seen, move } = recorded();
  move(1);
  move(2);
  move(3);
  expect(seen).toEqual([1]);
  vi.advanceTimersByTime(50);
  expect(seen).toEqual([1, 3]);
});

test("the end goes at once, and nothing older after it", () => {
  const { seen, throttle, move } = recorded();
  move(1);
  move(2);
  throttle.now(() => seen.push(9));
  vi.advanceTimersByTime(500);
  expect(seen).toEqual([1, 9]);
});

test("what was given up does not come", () => {
  const { seen, throttle, move } = recorded();
  move(1);
  move(2);
  throttle.cancel();
  vi.advanceTimersByTime(500);
  expect(seen).toEqual([1]);
});
