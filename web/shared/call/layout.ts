/** Where tiles go, as figures. Pure; CSS pixels. */

export interface Box {
  width: number;
  height: number;
}
export interface Grid {
  columns: number;
  rows: number;
  tile: Box;
}

/** Faces bear some cropping: from a tall phone to a wide screen. */
const narrowest = 0.75;
const widest = 1.9;
const picture = 16 / 9;

/** The grid that shows the most of `count` pictures in `space`. */
export function gridOf(count: number, space: Box, gap: number): Grid {
  let best: Grid = { columns: 1, rows: 1, tile: { width: 0, height: 0 } };
  let bestShown = -1;
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const cell = { width: (space.width - gap * (columns - 1)) / columns, height: (space.height - gap * (rows - 1)) / rows };
    if (cell.width <= 0 || cell.height <= 0) continue;
    // A row with holes wastes what its neighbours could have had.
    const shown = pictureArea(cell) * (count / (rows * columns)) ** 0.25;
    if (shown > bestShown) {
      bestShown = shown;
      best = { columns, rows, tile: clampShape(cell) };
    }
  }
  return best;
}

function pictureArea({ width, height }: Box): number {
  const w = Math.min(width, height * picture);
  return (w * w) / picture;
}

function clampShape({ width, height }: Box): Box {
  const shape = width / height;
  if (shape > widest) return { width: Math.floor(height * widest), height: Math.floor(height) };
  if (shape < narrowest) return { width: Math.floor(width), height: Math.floor(width / narrowest) };
  return { width: Math.floor(width), height: Math.floor(height) };
}

export interface Stage {
  /** Where the strip of small tiles goes. */
  strip: "right" | "below" | "none";
  main: Box;
  small: Box;
}

const stripShare = 0.2;
/** Smaller shows no face; then the strip scrolls. */
const leastSmallHeight = 84;

/** One large picture and a strip of `others` small ones, on the side that costs the picture least. */
export function stageOf(others: number, space: Box, gap: number): Stage {
  if (others === 0) return { strip: "none", main: space, small: { width: 0, height: 0 } };
  const smallWidth = clamp(space.width * stripShare, 120, 260);
  const right = { width: space.width - smallWidth - gap, height: space.height };
  const belowHeight = clamp(space.height * stripShare, 84, 150);
  const below = { width: space.width, height: space.height - belowHeight - gap };
  if (pictureArea(right) >= pictureArea(below)) {
    const height = clamp((space.height - gap * (others - 1)) / others, leastSmallHeight, smallWidth / picture);
    return { strip: "right", main: right, small: { width: Math.floor(smallWidth), height: Math.floor(height) } };
  }
  return { strip: "below", main: below, small: { width: Math.floor(belowHeight * picture), height: Math.floor(belowHeight) } };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
