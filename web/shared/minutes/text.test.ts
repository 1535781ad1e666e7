import { describe, expect, it } from "vitest";
import { addQuestion, fieldsOf, keyOf, merge, removeQuestion, same, set, textOf } from "./text";

const base = fieldsOf({ summary: "Đau ngực.", questions: [{ id: "a", question: "Chuyển viện?" }, { id: "b", question: "Thuốc gì?" }] });

describe("what is written in minutes", () => {
  it("goes to the server without what is empty, and comes back the same", () => {
    expect(textOf(set(base, "discussion", "  \r\n"))).toEqual({ summary: "Đau ngực.", questions: [{ id: "a", question: "Chuyển viện?" }, { id: "b", question: "Thuốc gì?" }] });
    expect(same(fieldsOf(textOf(base)), base)).toBe(true);
  });
});

describe("two who write at once", () => {
  it("keep what each has changed alone", () => {
    const mine = set(base, "summary", "Đau ngực 3 ngày.");
    const theirs = set(base, keyOf("a", "conclusion"), "Có.");
    const { fields, conflicts } = merge(base, mine, theirs);
    expect(conflicts.size).toBe(0);
    expect(textOf(fields)).toEqual({ summary: "Đau ngực 3 ngày.", questions: [{ id: "a", question: "Chuyển viện?", conclusion: "Có." }, { id: "b", question: "Thuốc gì?" }] });
  });

  it("are shown the other's words in the field that both have changed", () => {
    const { fields, conflicts } = merge(base, set(base, "summary", "Khó thở."), set(base, "summary", "Sốt."));
    expect(fields.values["summary"]).toBe("Khó thở.");
    expect([...conflicts]).toEqual([["summary", "Sốt."]]);
  });

  it("do not quarrel over the same words", () => {
    expect(merge(base, set(base, "summary", "Sốt."), set(base, "summary", "Sốt.")).conflicts.size).toBe(0);
  });

  it("keep each other's new questions", () => {
    const { fields } = merge(base, addQuestion(base, "m"), addQuestion(base, "t"));
    expect(fields.questions).toEqual(["a", "b", "t", "m"]);
  });

  it("lose a question that one has taken out, unless the other was answering it", () => {
    expect(merge(base, removeQuestion(base, "a"), base).fields.questions).toEqual(["b"]);
    expect(merge(base, base, removeQuestion(base, "a")).fields.questions).toEqual(["b"]);
    const answered = set(base, keyOf("a", "conclusion"), "Có.");
    expect(merge(base, removeQuestion(base, "a"), answered).fields.questions).toEqual(["a", "b"]);
    expect(merge(base, answered, removeQuestion(base, "a")).fields.questions).toEqual(["b", "a"]);
  });
});
