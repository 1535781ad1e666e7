/** Writing the minutes. What another has written in the same field stands under it until one of both is chosen. */
import { useEffect, useState } from "preact/hooks";
import { MessageSquare, X } from "lucide";
import type { Minutes } from "../api";
import { common, roleName } from "../i18n";
import { DateField } from "../time/date_field";
import { isoDate, parseDate, showDate } from "../time/zone";
import { Button, Field, SelectField, TextField } from "../ui";
import type { DeskState, MinutesDesk } from "./desk";
import { keyOf } from "./text";
import { t } from "./words";

interface FormProps {
  desk: MinutesDesk;
  state: DeskState;
  minutes: Minutes;
}

/** Characters, as the server takes them. */
const factMax = 200;
const textMax = 8000;
const questionMax = 1000;
const answerMax = 4000;
const questionsMax = 20;

export function MinutesForm({ desk, state, minutes }: FormProps) {
  const area = (key: string, label: string, max: number, testid: string, extra = "") => (
    <div key={key}>
      <Field label={label}>
        {(control) => <textarea {...control} class={`input ${extra}`} rows={extra ? 1 : 3} maxLength={max} value={state.fields.values[key] ?? ""} data-testid={testid} onInput={(event) => desk.edit(key, event.currentTarget.value)} onBlur={() => void desk.save()} />}
      </Field>
      <Theirs desk={desk} state={state} of={key} />
    </div>
  );
  const fact = (key: "record_number" | "department") => (
    <div key={key}>
      <TextField label={t(key)} maxLength={factMax} value={state.fields.values[key] ?? ""} data-testid={`minutes-${key}`} onInput={(event) => desk.edit(key, event.currentTarget.value)} onBlur={() => void desk.save()} />
      <Theirs desk={desk} state={state} of={key} />
    </div>
  );
  return (
    <form class="stack" aria-label={t("minutes")} onSubmit={(event) => event.preventDefault()}>
      <div class="minutes__pair">
        <Signer part="chair" desk={desk} state={state} minutes={minutes} />
        <Signer part="secretary" desk={desk} state={state} minutes={minutes} />
      </div>
      <div class="minutes__pair">
        {fact("record_number")}
        {fact("department")}
        <Since desk={desk} state={state} />
      </div>
      {area("diagnosis", t("diagnosis"), questionMax, "minutes-diagnosis", "minutes__question")}
      {area("summary", t("summary"), textMax, "minutes-summary")}
      <h3>{t("questions")}</h3>
      {state.fields.questions.length === 0 && <p class="quiet-text">{t("noQuestions")}</p>}
      {state.fields.questions.map((id, index) => (
        <div key={id} class="minutes__asked" role="group" aria-label={t("question", { number: index + 1 })} data-testid="minutes-asked">
          {area(keyOf(id, "question"), t("question", { number: index + 1 }), questionMax, "minutes-question", "minutes__question")}
          {area(keyOf(id, "conclusion"), t("answer", { number: index + 1 }), answerMax, "minutes-answer", "minutes__question")}
          <div class="row">
            <Button kind="quiet" icon={X} onClick={() => desk.removeQuestion(id)}>
              {t("removeQuestion", { number: index + 1 })}
            </Button>
          </div>
        </div>
      ))}
      {state.fields.questions.length < questionsMax && (
        <div class="row">
          <Button kind="secondary" icon={MessageSquare} onClick={() => desk.addQuestion()} data-testid="minutes-add">
            {t("addQuestion")}
          </Button>
        </div>
      )}
      {area("discussion", t("discussion"), textMax, "minutes-discussion")}
      {area("conclusion", t("conclusion"), textMax, "minutes-conclusion")}
      {area("treatment", t("treatment"), textMax, "minutes-treatment")}
    </form>
  );
}

const dayText = (iso: string) => {
  const day = parseDate(iso);
  return day ? showDate(day) : "";
};

/** A day as it is written here, kept as the server takes it; half a date is none yet. */
function Since({ desk, state }: Omit<FormProps, "minutes">) {
  const kept = state.fields.values["treated_since"] ?? "";
  const [text, setText] = useState(dayText(kept));
  const [wrong, setWrong] = useState(false);
  const isoOf = (written: string) => {
    const day = parseDate(written);
    return day ? isoDate(day) : "";
  };
  useEffect(() => {
    if (kept !== isoOf(text)) setText(dayText(kept)); // another has written it
  }, [kept]);
  const change = (written: string) => {
    setText(written);
    setWrong(false);
    desk.edit("treated_since", isoOf(written));
  };
  const leave = () => {
    setWrong(text.trim() !== "" && isoOf(text) === "");
    void desk.save();
  };
  return (
    <div>
      <DateField label={t("treated_since")} value={text} error={wrong ? common("wrongDate") : undefined} testId="minutes-treated_since" onChange={change} onLeave={leave} />
      <Theirs desk={desk} state={state} of="treated_since" shown={dayText} />
    </div>
  );
}

function Signer({ part, desk, state, minutes }: FormProps & { part: "chair" | "secretary" }) {
  const may = minutes.doctors.filter(({ role }) => part === "secretary" || role !== "doctor");
  const none = { value: "", label: t(part === "chair" ? "nobody" : "noSecretary") };
  const nameOf = (id: string) => minutes.doctors.find((doctor) => doctor.id === id)?.name ?? none.label;
  return (
    <div>
      <SelectField
        label={t(part)}
        choices={[none, ...may.map(({ id, name, role }) => ({ value: id, label: `${name} · ${roleName(role)}` }))]}
        value={state.fields.values[part] ?? ""}
        onChoose={(id) => desk.edit(part, id)}
        data-testid={`minutes-${part}`}
      />
      <Theirs desk={desk} state={state} of={part} shown={nameOf} />
    </div>
  );
}

function Theirs({ desk, state, of, shown = (value) => value }: { desk: MinutesDesk; state: DeskState; of: string; shown?: (value: string) => string }) {
  const theirs = state.conflicts.get(of);
  if (theirs === undefined) return null;
  return (
    <div class="minutes__theirs stack stack--tight" role="group" aria-label={t("theirs")} data-testid="minutes-theirs">
      <strong class="small">{t("theirs")}</strong>
      <p class="lines">{shown(theirs) || t("notWritten")}</p>
      <div class="row">
        <Button onClick={() => desk.resolve(of, "mine")} data-testid="minutes-mine">
          {t("keepMine")}
        </Button>
        <Button onClick={() => desk.resolve(of, "theirs")} data-testid="minutes-take">
          {t("takeTheirs")}
        </Button>
      </div>
    </div>
  );
}
