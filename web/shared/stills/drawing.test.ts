import { expect, test } from "vitest";
import type * as P from "../protocol/messages";
import { boxOf, length, millimetres, thinned, within } from "./geometry";
import { begun, isWorthKeeping, moved } from "./tool";

const scale: P.Calibration = { participant: "sơn", name: "BS. Sơn", points: [100, 100, 300, 100], length_um: 10_000, against: "ruler" };

test("lengths in millimetres follow the scale, in any direction", () => {
  expect(millimetres([0, 0, 0, 100], scale)).toBeCloseTo(5);
  expect(millimetres([0, 0, 60, 80], scale)).toBeCloseTo(5);
  expect(millimetres([0, 0, 60, 80], undefined)).toBeNull();
  expect(millimetres([0, 0, 60, 80], { ...scale, points: [5, 5, 5, 5] })).toBeNull();
});

test("a box is the same from any corner", () => {
  expect(boxOf([10, 20, 4, 2])).toEqual({ x: 4, y: 2, width: 6, height: 18 });
});

test("points stay on the picture, on whole pixels", () => {
  expect(within([-3, 7.6], 100, 50)).toEqual([0, 8]);
  expect(within([300, 300], 100, 50)).toEqual([100, 50]);
});

test("a long line fits into a message and keeps both ends", () => {
  const line = Array.from({ length: 5000 }, (_, index) => index);
  const short = thinned(line);
  expect(short.length).toBeLessThanOrEqual(400);
  expect(short.length % 2).toBe(0);
  expect(short.slice(0, 2)).toEqual([0, 1]);
  expect(short.slice(-2)).toEqual([4998, 4999]);
});

test("a pen collects points, an arrow has two", () => {
  const pen = moved(moved(begun("pen", "m1", [1, 1]), [5, 5]), [9, 9]);
  expect(pen.points).toEqual([1, 1, 5, 5, 9, 9]);
  const arrow = moved(moved(begun("arrow", "m2", [1, 1]), [5, 5]), [9, 9]);
  expect(arrow.points).toEqual([1, 1, 9, 9]);
  expect(length(arrow.points)).toBeCloseTo(11.31);
});

test("a press without a move draws nothing but a text", () => {
  expect(isWorthKeeping(begun("pen", "m1", [1, 1]))).toBe(false);
  expect(isWorthKeeping(moved(begun("arrow", "m1", [1, 1]), [2, 1]))).toBe(false);
  expect(isWorthKeeping(moved(begun("arrow", "m1", [1, 1]), [8, 1]))).toBe(true);
  expect(isWorthKeeping(begun("text", "m1", [1, 1]))).toBe(true);
});
