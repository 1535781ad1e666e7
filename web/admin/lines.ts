/** What a consultation's lines come to: the worst word, and each reason once. Pure. */
import type { CallStats, PersonStats } from "../shared/api";

export type LineWord = NonNullable<PersonStats["connection"]>;
const order: readonly LineWord[] = ["good", "fair", "poor", "lost"];

/** The worst word among people; none while nobody's line is known. */
export function worstLine(people: readonly { connection?: LineWord | undefined }[]): LineWord | undefined {
  return order[Math.max(-1, ...people.map((person) => (person.connection ? order.indexOf(person.connection) : -1)))];
}

/** What ails a line shows in every picture that goes over it, with the same words for all. */
export function reasonsOf(stats: CallStats): string[] {
  const texts = stats.participants.flatMap((person) => person.lines.flatMap((line) => [line.why?.text, ...line.slots.map((slot) => slot.why?.text)]));
  return [...new Set(texts.filter((text): text is string => text !== undefined))];
}
