/** Lengths and places on a picture. Pure; numbers are the picture's pixels. */
import type * as P from "../protocol/messages";

export type Point = readonly [x: number, y: number];

export function length(points: readonly number[]): number {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points;
  return Math.hypot(x2 - x1, y2 - y1);
}

/** How long a line is in truth, in millimetres; null while no scale is known. */
export function millimetres(points: readonly number[], scale: P.Calibration | undefined): number | null {
  const reference = scale ? length(scale.points) : 0;
  return scale && reference > 0 ? (length(points) * scale.length_um) / 1000 / reference : null;
}

/** Two corners of a box, whichever were drawn first. */
export function boxOf(points: readonly number[]): { x: number; y: number; width: number; height: number } {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points;
  return { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) };
}

export function within([x, y]: Point, width: number, height: number): Point {
  const clamp = (value: number, most: number) => Math.round(Math.min(Math.max(value, 0), most));
  return [clamp(x, width), clamp(y, height)];
}

const mostNumbers = 400;

/** A line of any length within what a message carries: every second point goes until it fits. */
export function thinned(points: readonly number[]): number[] {
  let pairs = [...points];
  while (pairs.length > mostNumbers) {
    const last = pairs.slice(-2);
    pairs = pairs.filter((_, index) => Math.floor(index / 2) % 2 === 0);
    pairs.splice(-2, 2, ...last);
  }
  return pairs;
}

/** The two wings of an arrow's head at its end, each `size` long. */
export function arrowHead(points: readonly number[], size: number): string {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points;
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const wing = (turn: number) => `${Math.round(x2 - size * Math.cos(angle + turn))},${Math.round(y2 - size * Math.sin(angle + turn))}`;
  return `${wing(0.45)} ${x2},${y2} ${wing(-0.45)}`;
}
