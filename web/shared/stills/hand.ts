/** Mouse, finger, pen and keyboard on a still, all as presses and moves. The others see what is drawn while it grows. */
import { useEffect, useRef, useState } from "preact/hooks";
import type * as P from "../protocol/messages";
import { type Point, within } from "./geometry";
import type { Stills } from "./stills";
import { Throttle } from "./throttle";
import { begun, isWorthKeeping, moved, type Stroke, type Tool } from "./tool";

export interface Hand {
  stroke: Stroke | null;
  /** Where the keyboard's point is. */
  cursor: Point | null;
  press: (at: Point) => void;
  move: (at: Point) => void;
  release: (at: Point) => void;
  /** The stroke came to nothing, here and with the others. */
  giveUp: () => void;
  leave: () => void;
  key: (event: KeyboardEvent) => void;
}

interface HandOptions {
  stills: Stills;
  still: P.Still;
  tool: Tool;
  text: string;
  width: number;
  height: number;
  onScale: (points: readonly number[]) => void;
}

/** Often enough to look alive, seldom enough for thirty messages a second. */
const drawEveryMs = 50;

/** These the others see from the press on; a text has to be whole, and a scale is told when it is set. */
const growing: readonly Tool[] = ["pen", "arrow", "ellipse", "measure"];

export function useHand({ stills, still, tool, text, width, height, onScale }: HandOptions): Hand {
  const [stroke, setStroke] = useStroke();
  const [cursor, setCursor] = useState<Point | null>(null);
  const [throttle] = useState(() => new Throttle(drawEveryMs));
  const pointing = useRef(false);
  useEffect(() => () => throttle.cancel(), [throttle]);

  const draw = (now: Stroke) => {
    if (now.tool === "pointer" || now.tool === "scale") return;
    const words = now.tool === "text" ? { text: text.trim() } : {};
    if (now.tool !== "text" || words.text) stills.draw(still.id, { mark: now.mark, kind: now.tool, points: [...now.points], ...words });
  };
  const point = ([x, y]: Point) => {
    pointing.current = true;
    stills.point(still.id, { x, y });
  };
  const giveUp = () => {
    throttle.cancel();
    if (stroke.current && growing.includes(stroke.current.tool)) stills.takeBack(still.id, stroke.current.mark);
    setStroke(null);
  };
  const finish = (at: Point, now: Stroke) => {
    const done = moved(now, at);
    if (!isWorthKeeping(done)) return giveUp();
    setStroke(null);
    if (done.tool === "scale") onScale(done.points);
    else throttle.now(() => draw(done));
  };
  const press = (at: Point) => {
    if (tool === "pointer") return throttle.now(() => point(at));
    const now = begun(tool, stills.newMark(), at);
    setStroke(now);
    if (growing.includes(tool)) throttle.now(() => draw(now));
  };
  const move = (at: Point) => {
    if (tool === "pointer") throttle.soon(() => point(at));
    if (!stroke.current) return;
    const now = moved(stroke.current, at);
    setStroke(now);
    if (growing.includes(now.tool)) throttle.soon(() => draw(now));
  };
  const leave = () => {
    if (pointing.current) throttle.now(() => stills.point(still.id, null));
    pointing.current = false;
    setCursor(null);
  };
  const key = (event: KeyboardEvent) => {
    const from = cursor ?? [Math.round(width / 2), Math.round(height / 2)];
    const way = wayOf(event, width);
    if (way) {
      const at = within([from[0] + way[0], from[1] + way[1]], width, height);
      setCursor(at);
      move(at);
    } else if (event.key === "Enter") {
      setCursor(from);
      if (stroke.current) finish(from, stroke.current);
      else if (tool === "text") finish(from, begun(tool, stills.newMark(), from));
      else press(from);
    } else if (event.key === "Escape" && stroke.current) giveUp();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { stroke: stroke.current, cursor, press, move, release: (at) => stroke.current && finish(at, stroke.current), giveUp, leave, key };
}

/** A stroke that several events of one frame can each go on with. */
function useStroke(): [{ readonly current: Stroke | null }, (stroke: Stroke | null) => void] {
  const stroke = useRef<Stroke | null>(null);
  const [, show] = useState<Stroke | null>(null);
  return [stroke, (next) => ((stroke.current = next), show(next))];
}

/** Where an arrow key leads; with Shift in small steps. */
function wayOf({ key, shiftKey }: KeyboardEvent, width: number): Point | undefined {
  const step = Math.max(1, Math.round(width * (shiftKey ? 0.004 : 0.02)));
  const ways: Readonly<Record<string, Point>> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  return ways[key];
}
