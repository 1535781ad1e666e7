import { expect, test } from "vitest";
import type * as P from "../protocol/messages";
import { boardAfter, type Board, emptyBoard, lastMarkOf, marksOf, mustAnswer, taken } from "./board";

const still = (id: string, more: Partial<P.Still> = {}): P.Still => ({ id, state: "asked", participant: "hà", source: "exam", at: "2026-11-25T10:00:00Z", ...more });
const mark = (id: string, participant: string, points = [1, 2]): P.Mark => ({ id, participant, name: participant, kind: "pen", points });
const after = (...messages: P.ServerMessage[]): Board => messages.reduce(boardAfter, emptyBoard);

test("a still keeps its marks when it changes", () => {
  const board = after(
    { type: "still", still: still("s1") },
    { type: "still", still: still("s1", { state: "taken" }), thumbnail: "abc" },
    { type: "mark", still: "s1", mark: mark("m1", "sơn") },
    { type: "still", still: still("s1", { state: "ready", width: 4000 }) },
  );
  expect(board.stills).toHaveLength(1);
  expect(board.stills[0]).toMatchObject({ state: "ready", width: 4000 });
  expect(marksOf(board, "s1").map(({ id }) => id)).toEqual(["m1"]);
});

test("a mark that is drawn on takes its own place", () => {
  const board = after({ type: "still", still: still("s1") }, { type: "mark", still: "s1", mark: mark("m1", "sơn") }, { type: "mark", still: "s1", mark: mark("m2", "hà") }, { type: "mark", still: "s1", mark: mark("m1", "sơn", [1, 2, 3, 4]) });
  expect(marksOf(board, "s1").map((one) => [one.id, one.points.length])).toEqual([["m1", 4], ["m2", 2]]);
});

test("one mark goes, or all", () => {
  const before = after({ type: "still", still: still("s1") }, { type: "mark", still: "s1", mark: mark("m1", "sơn") }, { type: "mark", still: "s1", mark: mark("m2", "hà") });
  expect(marksOf(boardAfter(before, { type: "mark.gone", still: "s1", participant: "sơn", mark: "m1" }), "s1")).toHaveLength(1);
  expect(marksOf(boardAfter(before, { type: "mark.gone", still: "s1", participant: "sơn" }), "s1")).toEqual([]);
});

test("a point that is drawn leaves the stills and the other marks as they are", () => {
  const before = after({ type: "still", still: still("s1") }, { type: "mark", still: "s1", mark: mark("m1", "sơn") }, { type: "mark", still: "s1", mark: mark("m2", "hà") });
  const now = boardAfter(before, { type: "mark", still: "s1", mark: mark("m2", "hà", [1, 2, 3, 4]) });
  expect(now.stills).toBe(before.stills);
  expect(marksOf(now, "s1")[0]).toBe(marksOf(before, "s1")[0]);
});

test("undo takes one's own last mark, not the last", () => {
  const board = after({ type: "still", still: still("s1") }, { type: "mark", still: "s1", mark: mark("m1", "sơn") }, { type: "mark", still: "s1", mark: mark("m2", "hà") });
  expect(lastMarkOf(board, "s1", "sơn")?.id).toBe("m1");
  expect(lastMarkOf(board, "s1", "lan")).toBeUndefined();
});

test("a person has one pointer, which goes with a word or with the person", () => {
  const at = (x: number): P.ServerMessage => ({ type: "pointer", still: "s1", participant: "sơn", name: "BS. Sơn", x, y: 1 });
  const board = after({ type: "still", still: still("s1") }, at(1), at(2));
  expect(board.pointers.map((pointer) => pointer.x)).toEqual([2]);
  expect(boardAfter(board, { type: "pointer", still: "s1", participant: "sơn", name: "BS. Sơn" }).pointers).toEqual([]);
  expect(boardAfter(board, { type: "gone", participant: "sơn" }).pointers).toEqual([]);
});

test("only whose camera it is must answer, and only while it is asked", () => {
  const board = after({ type: "still", still: still("s1", { state: "asking" }) });
  expect(mustAnswer(board, "hà")?.id).toBe("s1");
  expect(mustAnswer(board, "sơn")).toBeUndefined();
  expect(mustAnswer(boardAfter(board, { type: "still", still: still("s1", { state: "failed", reason: "declined" }) }), "hà")).toBeUndefined();
});

test("what is shown is what was taken, newest first", () => {
  const board = after({ type: "still", still: still("s1", { state: "ready" }) }, { type: "still", still: still("s2", { state: "failed" }) }, { type: "still", still: still("s3", { state: "taken" }) });
  expect(taken(board).map((one) => one.id)).toEqual(["s3", "s1"]);
});

test("the whole state after coming back replaces what was thought", () => {
  const board = after({ type: "still", still: still("old") }, { type: "stills", stills: [still("s1", { state: "ready", marks: [mark("m1", "sơn")] })], consent: true });
  expect(board.stills.map((one) => one.id)).toEqual(["s1"]);
  expect(marksOf(board, "s1")).toHaveLength(1);
  expect(board.consent).toBe(true);
});
