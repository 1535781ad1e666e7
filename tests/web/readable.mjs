// Can everybody read this page: axe at WCAG 2.2 AA, after whatever moves on it has arrived. Half-way from a dark page to a light
// one a button has colours that it has at no other moment, and a slow machine looks just then.
import assert from 'node:assert/strict';
import axe from 'axe-core';

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Runs in the page. What is in frames is for nobody to read: they hold connections. */
async function faults(runOnly) {
  const { violations } = await globalThis.axe.run({ runOnly, resultTypes: ['violations'], iframes: false });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));
}

/** Whatever moves on the page is where it goes to. */
export const arrived = (page) => page.evaluate(() => document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity) // what waits for something turns for ever
  .forEach((animation) => animation.finish()));

export async function readable(page, where = '') {
  await arrived(page);
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  assert.deepEqual(await page.evaluate(faults, LEVELS), [], where);
}
