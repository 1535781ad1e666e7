// Can everybody read this page: axe at WCAG 2.2 AA, after whatever moves on it has arrived. Half-way from a dark page to a light
// one a button has colours that it has at no other moment, and a slow machine looks just then.
import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export async function readable(page, where = '') {
  await page.evaluate(() => document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity) // what waits for something turns for ever
    .forEach((animation) => animation.finish()));
  const { violations } = await new AxeBuilder({ page }).withTags(LEVELS).analyze();
  assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`)), [], where);
}
