// Samples (watch.mjs) as a picture: rate and width of what is shown, and the share of sound that was made up, over time.
import { figures } from './watch.mjs';

/** One set of figures for each second. */
export function perSecond(samples) {
  const seconds = Map.groupBy(samples, ({ at }) => Math.floor(at / 1000));
  return [...seconds.entries()].filter(([, list]) => list.length > 2).map(([second, list]) => ({ second, ...figures(list) }));
}

const WIDTH = 900, HEIGHT = 120;

function curve(list, start, key, most, colour) {
  const points = list.map((item) => `${(10 * (item.second - start)).toFixed(0)},${(HEIGHT - (HEIGHT * Math.min(item[key] ?? 0, most)) / most).toFixed(1)}`);
  return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.join(' ')}"/>`;
}

/** An SVG: kbit/s in blue (full height 2000), width in green (1280), concealed per cent in red (50). */
export function chart(list) {
  if (!list.length) return '';
  const start = list[0].second;
  const width = Math.max(WIDTH, 10 * (list.at(-1).second - start));
  const ticks = list.filter((_, i) => i % 10 === 0).map(({ second }) => `<text x="${10 * (second - start)}" y="${HEIGHT + 14}" font-size="10">${second - start} s</text>`);
  return `<svg viewBox="0 0 ${width} ${HEIGHT + 20}" role="img"><title>blue: kbit/s of 2000; green: width of 1280; red: concealed % of 50</title>
${curve(list, start, 'kbps', 2000, '#06c')}${curve(list, start, 'width', 1280, '#2a2')}${curve(list, start, 'concealed', 50, '#c22')}${ticks.join('')}</svg>`;
}
