/**
 * What is written in minutes, as fields that can be compared one by one, and what becomes of them when somebody else has
 * written meanwhile. No DOM, no network.
 */
import type { MinutesText } from "../api";

/** Every field by its key: "summary", "chair", …, "q1:question", "q1:conclusion". Absent is empty. */
export interface Fields {
  readonly values: Readonly<Record<string, string>>;
  /** The questions' ids, in order. */
  readonly questions: readonly string[];
}

const plain = ["record_number", "department", "treated_since", "diagnosis", "summary", "discussion", "conclusion", "treatment", "chair", "secretary"] as const;
export type Part = "question" | "conclusion";
export const keyOf = (question: string, part: Part): string => `${question}:${part}`;

export function fieldsOf(text: MinutesText): Fields {
  const questions = text.questions ?? [];
  const asked = questions.flatMap(({ id, question = "", conclusion = "" }) => [[keyOf(id, "question"), question], [keyOf(id, "conclusion"), conclusion]]);
  return { values: Object.fromEntries([...plain.map((name) => [name, text[name] ?? ""]), ...asked]) as Record<string, string>, questions: questions.map(({ id }) => id) };
}

/** A line ends as it does on the server, and nothing but lines is in it. */
export const plainLines = (text: string): string => text.replace(/\r\n?/g, "\n").replace(/\t/g, " ").trim();

/** As the server takes it: what is empty is left out. */
export function textOf({ values, questions }: Fields): MinutesText {
  const given = (key: string) => plainLines(values[key] ?? "");
  const some = (pairs: readonly (readonly [string, string])[]) => Object.fromEntries(pairs.filter(([, value]) => value !== ""));
  return {
    ...some(plain.map((name) => [name, given(name)])),
    questions: questions.map((id) => ({ id, ...some([["question", given(keyOf(id, "question"))], ["conclusion", given(keyOf(id, "conclusion"))]]) })),
  };
}

export const set = (fields: Fields, key: string, value: string): Fields => ({ ...fields, values: { ...fields.values, [key]: value } });
export const addQuestion = (fields: Fields, id: string): Fields => ({ ...fields, questions: [...fields.questions, id] });
export const removeQuestion = (fields: Fields, id: string): Fields => ({ ...fields, questions: fields.questions.filter((one) => one !== id) });

export function same(a: Fields, b: Fields): boolean {
  return JSON.stringify(textOf(a)) === JSON.stringify(textOf(b));
}

/** One word against another in the same field: theirs, which stands on the server. */
export type Conflicts = ReadonlyMap<string, string>;

/** Mine and theirs, both grown from `base`. What only one has changed is taken; what both have, is mine and a conflict. */
export function merge(base: Fields, mine: Fields, theirs: Fields): { fields: Fields; conflicts: Conflicts } {
  const conflicts = new Map<string, string>();
  const at = (fields: Fields, key: string) => fields.values[key] ?? "";
  const values: Record<string, string> = {};
  for (const key of new Set([...Object.keys(mine.values), ...Object.keys(theirs.values)])) {
    const changed = at(mine, key) !== at(base, key);
    values[key] = changed ? at(mine, key) : at(theirs, key);
    if (changed && at(theirs, key) !== at(base, key) && at(theirs, key) !== at(mine, key)) conflicts.set(key, at(theirs, key));
  }
  const touched = (of: Fields, id: string) => (["question", "conclusion"] as const).some((part) => at(of, keyOf(id, part)) !== at(base, keyOf(id, part)));
  const kept = theirs.questions.filter((id) => mine.questions.includes(id) || !base.questions.includes(id) || touched(theirs, id));
  const own = mine.questions.filter((id) => !kept.includes(id) && (!base.questions.includes(id) || (!theirs.questions.includes(id) && touched(mine, id))));
  return { fields: { values, questions: [...kept, ...own] }, conflicts };
}
