/** The minutes as they are seen: a form for who may write, a text for who may read, the signatures below. */
import { useEffect, useReducer } from "preact/hooks";
import { CircleCheck, CloudOff, Download, TriangleAlert } from "lucide";
import type { Minutes } from "../api";
import { formatDay, formatTime, roleName } from "../i18n";
import { Button, Icon, LoadingState, ErrorState, notify } from "../ui";
import { Addenda } from "./addenda";
import type { DeskState, MinutesDesk } from "./desk";
import { MinutesForm } from "./form";
import "./minutes.css";
import { Signing } from "./signing";
import { fieldsOf, keyOf } from "./text";
import { t } from "./words";

export function useDesk(desk: MinutesDesk): DeskState {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => desk.subscribe(() => again(undefined)), [desk]);
  return desk.state;
}

export function MinutesView({ desk }: { desk: MinutesDesk }) {
  const state = useDesk(desk);
  const { minutes, fault, offline } = state;
  if (!minutes) {
    if (fault || offline)
      return (
        <ErrorState title={fault?.title ?? t("offline")} onRetry={() => void desk.look()}>
          {fault?.action}
        </ErrorState>
      );
    return <LoadingState />;
  }
  const open = minutes.state === "empty" || minutes.state === "draft";
  const writes = open && minutes.me !== undefined;
  return (
    <div class="minutes" data-testid="minutes" data-state={minutes.state}>
      <Status state={state} minutes={minutes} writes={writes} />
      {fault && (
        <p class="notice notice--attention" role="alert" data-testid="minutes-fault">
          {fault.title} {fault.action}
        </p>
      )}
      {writes ? <MinutesForm desk={desk} state={state} minutes={minutes} /> : <MinutesText minutes={minutes} />}
      {!open && state.typed && <Unsaved state={state} />}
      <People minutes={minutes} />
      <Attached minutes={minutes} />
      <Signing desk={desk} minutes={minutes} typed={state.typed} />
      {minutes.state === "signed" && <Addenda desk={desk} state={state} minutes={minutes} />}
      {minutes.state === "signed" && <Final desk={desk} minutes={minutes} />}
    </div>
  );
}

function Status({ state, minutes, writes }: { state: DeskState; minutes: Minutes; writes: boolean }) {
  const [word, look] = statusOf(state, minutes, writes);
  return (
    <p class={`minutes__status small ${look === "attention" ? "notice notice--attention" : "quiet-text"}`} role="status" data-testid="minutes-status" data-saved={!state.typed && !state.saving}>
      {look === "attention" && <Icon of={state.offline ? CloudOff : TriangleAlert} />}
      {word}
    </p>
  );
}

function statusOf(state: DeskState, minutes: Minutes, writes: boolean): [string, "attention" | "plain"] {
  if (state.offline) return [t("offline"), "attention"];
  if (state.conflicts.size > 0) return [t("conflict"), "attention"];
  if (state.saving) return [t("saving"), "plain"];
  if (state.typed && writes) return [t("typed"), "plain"];
  if (minutes.state === "signed") return minutes.addenda.length > 0 ? [t("finalWith", { count: minutes.addenda.length }), "attention"] : [t("final"), "plain"];
  if (minutes.state === "locked") return [t("locked"), "plain"];
  if (minutes.state === "empty") return [t(writes ? "empty" : "emptyRead"), "plain"];
  const time = minutes.written_at ? formatTime(minutes.written_at) : "";
  const saved = minutes.written_by ? t("savedBy", { name: minutes.written_by, time }) : t("saved", { time });
  return [writes || minutes.me ? saved : `${saved}. ${t("readOnly")}`, "plain"];
}

function MinutesText({ minutes }: { minutes: Minutes }) {
  if (minutes.state === "empty") return null;
  const { values, questions } = fieldsOf(minutes.text);
  const nameOf = (id = "") => minutes.doctors.find((doctor) => doctor.id === id)?.name;
  const line = (term: string, value: string | undefined) => (
    <div key={term}>
      <dt>{term}</dt>
      <dd class={value ? "lines" : "quiet-text"}>{value || t("notWritten")}</dd>
    </div>
  );
  return (
    <dl class="minutes__text" data-testid="minutes-text">
      {line(t("chair"), nameOf(values["chair"]))}
      {line(t("secretary"), values["secretary"] ? nameOf(values["secretary"]) : t("noSecretary"))}
      {values["record_number"] && line(t("record_number"), values["record_number"])}
      {values["department"] && line(t("department"), values["department"])}
      {values["treated_since"] && line(t("treated_since"), formatDay(values["treated_since"]))}
      {line(t("diagnosis"), values["diagnosis"])}
      {line(t("summary"), values["summary"])}
      {questions.flatMap((id, index) => [line(t("question", { number: index + 1 }), values[keyOf(id, "question")]), line(t("answer", { number: index + 1 }), values[keyOf(id, "conclusion")])])}
      {line(t("discussion"), values["discussion"])}
      {line(t("conclusion"), values["conclusion"])}
      {line(t("treatment"), values["treatment"])}
    </dl>
  );
}

/** Locked while somebody was typing: their words stay to be read and copied. */
function Unsaved({ state }: { state: DeskState }) {
  const saved = state.minutes ? fieldsOf(state.minutes.text).values : {};
  const lost = Object.entries(state.fields.values).filter(([key, value]) => value && value !== saved[key]);
  return (
    <details class="notice notice--attention">
      <summary>{t("unsaved")}</summary>
      {lost.map(([key, value]) => (
        <p key={key} class="lines">
          {value}
        </p>
      ))}
    </details>
  );
}

function People({ minutes }: { minutes: Minutes }) {
  const { people } = minutes.content;
  const stay = ({ joined_at, left_at }: { joined_at: string; left_at?: string }) => `${formatTime(joined_at)} – ${left_at ? formatTime(left_at) : "…"}`;
  return (
    <section class="stack stack--tight">
      <h3>{t("people")}</h3>
      {people.length === 0 && <p class="quiet-text">{t("noPeople")}</p>}
      <ul class="list-plain small" data-testid="minutes-people">
        {people.map((person) => (
          <li key={person.id}>
            <strong>{person.name}</strong> <span class="quiet-text numbers">{[roleName(person.role), person.place, person.stays.map(stay).join("; ")].filter(Boolean).join(" · ")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const recordingWord = { none: "recordingNone", made: "recordingMade", failed: "recordingFailed" } as const;

function Attached({ minutes }: { minutes: Minutes }) {
  const { recording, stills } = minutes.content;
  return (
    <section class="stack stack--tight">
      <h3>{t("attached")}</h3>
      <p class="small">{[t(recordingWord[recording.state], { count: recording.files.length }), stills.length > 0 && t("stills", { count: stills.length })].filter(Boolean).join(" · ")}</p>
    </section>
  );
}

function Final({ desk, minutes }: { desk: MinutesDesk; minutes: Minutes }) {
  const keep = async () => {
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await desk.print());
      link.download = "bien-ban-hoi-chan.pdf";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch {
      notify({ text: t("pdfFailed"), kind: "attention" });
    }
  };
  return (
    <section class="stack stack--tight">
      <Filing minutes={minutes} />
      <div class="row">
        <Button kind="secondary" icon={Download} onClick={() => void keep()} data-testid="minutes-pdf">
          {t(minutes.addenda.length > 0 ? "pdfWhole" : "pdf")}
        </Button>
      </div>
      <p class="small quiet-text minutes__hash">
        {t("hash", { hash: minutes.sha256 ?? "" })}. {t("attestation")}
      </p>
    </section>
  );
}

/** Left out where there is no record system. */
function Filing({ minutes }: { minutes: Minutes }) {
  const { filing } = minutes;
  if (!filing) return null;
  const tone = filing.state === "delivered" ? "ready" : filing.state === "failed" ? "danger" : "attention";
  const words = filing.state === "delivered" ? t("filed", { time: filing.delivered_at ? formatTime(filing.delivered_at) : "" }) : t(filing.state === "failed" ? "filingFailed" : "filing");
  return (
    <p>
      <span class={`badge badge--${tone}`} data-testid="minutes-filing" data-state={filing.state}>
        {filing.state === "delivered" && <Icon of={CircleCheck} />}
        {words}
      </span>
    </p>
  );
}
