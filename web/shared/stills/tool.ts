/** From presses and moves to a drawing: what a tool makes of the points it was given. No DOM. */
import type * as P from "../protocol/messages";
import { type Point, thinned } from "./geometry";

export type Tool = "pointer" | P.Mark["kind"] | "scale";

/** What is being drawn: the points so far, flat. A pen collects, the others have a first and a last. */
export interface Stroke {
  readonly tool: Tool;
  readonly mark: string;
  readonly points: readonly number[];
}

export function begun(tool: Tool, mark: string, at: Point): Stroke {
  return { tool, mark, points: tool === "pen" || tool === "text" ? [...at] : [...at, ...at] };
}

export function moved(stroke: Stroke, at: Point): Stroke {
  if (stroke.tool === "text") return { ...stroke, points: [...at] };
  if (stroke.tool !== "pen") return { ...stroke, points: [...stroke.points.slice(0, 2), ...at] };
  return { ...stroke, points: thinned([...stroke.points, ...at]) };
}

/** A press without a move draws nothing but a text. */
export function isWorthKeeping(stroke: Stroke): boolean {
  if (stroke.tool === "text") return true;
  const [x1 = 0, y1 = 0] = stroke.points;
  return stroke.points.some((value, index) => Math.abs(value - (index % 2 === 0 ? x1 : y1)) >= 2);
}
