/** Which thing lies next in a direction, for arrow keys and remote controls. Rectangles in, an index out. */
export type Direction = "up" | "down" | "left" | "right";

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The same layout turned so that every direction becomes "right". */
function turned(box: Box, direction: Direction): Box {
  switch (direction) {
    case "right":
      return box;
    case "left":
      return { left: -box.right, right: -box.left, top: box.top, bottom: box.bottom };
    case "down":
      return { left: box.top, right: box.bottom, top: box.left, bottom: box.right };
    case "up":
      return { left: -box.bottom, right: -box.top, top: box.left, bottom: box.right };
  }
}

const centre = (box: Box) => (box.left + box.right) / 2;
const gapAcross = (a: Box, b: Box) => Math.max(0, b.top - a.bottom, a.top - b.bottom);
const middleAcross = (a: Box, b: Box) => Math.abs((a.top + a.bottom) / 2 - (b.top + b.bottom) / 2);

/** Sideways counts more than ahead: what shares the row or column comes before what is nearer but off it. */
const sidewaysWeight = 4;
const overlapTolerance = 4;
/** Two that are as good as each other: the one that was there first, so that the way does not depend on a rounded pixel. */
const tie = 1;

/**
 * The best of `others` when going from `from`, or -1 when nothing lies that way. What counts lies ahead: its near edge
 * beyond our far edge, or, when the two overlap, its middle beyond ours.
 */
export function nextIn(direction: Direction, from: Box, others: readonly Box[]): number {
  const start = turned(from, direction);
  let best = -1;
  let least = Infinity;
  others.forEach((other, index) => {
    const box = turned(other, direction);
    if (centre(box) <= centre(start)) return;
    if (box.left < start.right - overlapTolerance && gapAcross(start, box) > 0) return;
    const ahead = Math.max(0, box.left - start.right);
    const score = ahead + sidewaysWeight * gapAcross(start, box) + middleAcross(start, box) / 100;
    if (score < least - tie) {
      least = score;
      best = index;
    }
  });
  return best;
}
