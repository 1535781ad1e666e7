// A row of the matrix, whoever is at its far end: the line goes through its steps, and what was seen is printed.
import { LINKS } from './links.mjs';
import { sees, sleep } from './people.mjs';
import { figures, samplesOf, widths } from './watch.mjs';

/** Layers are 240, 480 and 960 wide; some of what a browser sends while it begins is up to a third smaller. */
export const MIDDLE = 320, TOP = 640;

/** Takes the line through its steps; the far person's samples of each, with the time it began. */
export async function run(t, room, far, name) {
  const parts = [];
  for (const step of LINKS[name].steps) {
    const since = Date.now();
    await room.lab.both(step.both);
    await sleep(step.for * 1000);
    parts.push({ since, samples: await samplesOf(far, since) });
  }
  for (const [i, { samples, since }] of parts.entries()) {
    const shown = widths(samples).map(({ at, width }) => `${width} at ${((at - since) / 1000).toFixed(1)} s`);
    t.diagnostic(`${LINKS[name].words}, step ${i + 1}: ${JSON.stringify(figures(samples))}; ${shown.join(', ')}`);
  }
  return parts;
}

/** The line is whole again: sound without a gap, and the top layer, or as much as the machine's browsers carry. */
export async function recovers(t, room, far, since = Date.now(), width = TOP) {
  await room.lab.heal();
  await sees(far, width); // an allocator that failed often waits up to a minute before it tries again
  const { at } = widths(await samplesOf(far, since)).at(-1); // seen now, it may have been there for long
  t.diagnostic(`a picture ${width} wide again after ${((at - since) / 1000).toFixed(1)} s`);
}

const layerOf = ({ width }) => (width > TOP - 100 ? 2 : width >= MIDDLE ? 1 : 0);
export const layerChanges = (samples) => widths(samples).map(layerOf).filter((layer, i, all) => i > 0 && layer !== all[i - 1]).length;
export const late = ({ samples, since }, seconds) => samples.filter(({ at }) => at >= since + seconds * 1000);
export const within = ({ samples, since }, from, to) => samples.filter(({ at }) => at >= since + from * 1000 && at < since + to * 1000);
