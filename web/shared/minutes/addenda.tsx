/** What was written after all had signed: each with its author and reason; below them one's own, for who signed the minutes. */
import { useState } from "preact/hooks";
import { PenLine } from "lucide";
import type { AddendumText, Minutes, MinutesAddendum } from "../api";
import { common, formatDateTime } from "../i18n";
import { Button, Dialog, Field, notify, SelectField } from "../ui";
import type { DeskState, MinutesDesk } from "./desk";
import { t } from "./words";

/** Characters, as the server takes them. */
const reasonMax = 1000;
const textMax = 8000;
const most = 20;

interface AddendaProps {
  desk: MinutesDesk;
  state: DeskState;
  minutes: Minutes;
}

export function Addenda({ desk, state, minutes }: AddendaProps) {
  const { addendum } = state;
  const may = minutes.signatures.some(({ participant }) => participant === minutes.me) && minutes.addenda.length < most;
  if (minutes.addenda.length === 0 && !may) return null;
  return (
    <section class="stack" data-testid="minutes-addenda">
      <h3>{t("addenda")}</h3>
      {minutes.addenda.length === 0 && <p class="small quiet-text">{t("noAddenda")}</p>}
      {minutes.addenda.map((one) => (
        <Addendum key={one.number} of={one} />
      ))}
      {may && addendum && <AddendumForm desk={desk} addendum={addendum} number={minutes.addenda.length + 1} />}
      {may && !addendum && (
        <div class="row">
          <Button kind="secondary" icon={PenLine} onClick={() => desk.draft({ kind: "correction", reason: "", text: "" })} data-testid="addendum-begin">
            {t("addendumBegin")}
          </Button>
        </div>
      )}
    </section>
  );
}

const kindWord = { correction: "correction", supplement: "supplement" } as const;

function Addendum({ of }: { of: MinutesAddendum }) {
  return (
    <article class="minutes__asked" aria-label={t("addendum", { number: of.number })} data-testid="addendum">
      <h4>
        {t("addendum", { number: of.number })} · {t(kindWord[of.kind])}
      </h4>
      <p class="lines">{of.text}</p>
      <p class="small lines">
        <span class="quiet-text">{t("reasonIs")}</span> {of.reason}
      </p>
      <p class="small quiet-text">
        <strong>{of.author.name}</strong> ({t(of.part).toLowerCase()}) {t("signedAt", { time: formatDateTime(of.signed_at) })}, {t(of.method === "account" ? "byAccount" : "byTicket")}
      </p>
    </article>
  );
}

function AddendumForm({ desk, addendum, number }: { desk: MinutesDesk; addendum: AddendumText; number: number }) {
  const [asking, ask] = useState(false);
  const [missing, setMissing] = useState(false);
  const change = (more: Partial<AddendumText>) => desk.draft({ ...addendum, ...more });
  const lacks = (text: string) => (missing && text.trim() === "" ? t("missing") : undefined);
  const submit = (event: Event) => {
    event.preventDefault();
    const whole = addendum.reason.trim() !== "" && addendum.text.trim() !== "";
    setMissing(!whole);
    ask(whole);
  };
  return (
    <form class="minutes__asked" aria-label={t("addendum", { number })} onSubmit={submit} data-testid="addendum-form" noValidate>
      <p class="small">{t("addendumText")}</p>
      <SelectField
        label={t("addendumKind")}
        choices={[
          { value: "correction", label: t("correction") },
          { value: "supplement", label: t("supplement") },
        ]}
        value={addendum.kind}
        onChoose={(kind) => change({ kind: kind === "supplement" ? "supplement" : "correction" })}
        data-testid="addendum-kind"
      />
      <Field label={t("reason")} error={lacks(addendum.reason)}>
        {(control) => <textarea {...control} class="input minutes__question" rows={1} maxLength={reasonMax} value={addendum.reason} onInput={(event) => change({ reason: event.currentTarget.value })} data-testid="addendum-reason" />}
      </Field>
      <Field label={t("addendumContent")} error={lacks(addendum.text)}>
        {(control) => <textarea {...control} class="input" rows={3} maxLength={textMax} value={addendum.text} onInput={(event) => change({ text: event.currentTarget.value })} data-testid="addendum-text" />}
      </Field>
      <div class="row">
        <Button type="submit" kind="primary" icon={PenLine} data-testid="addendum-sign">
          {t("addendumSign")}
        </Button>
        <Button onClick={() => desk.draft(null)} data-testid="addendum-drop">
          {t("addendumDrop")}
        </Button>
      </div>
      {asking && <SignDialog desk={desk} number={number} onClose={() => ask(false)} />}
    </form>
  );
}

function SignDialog({ desk, number, onClose }: { desk: MinutesDesk; number: number; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const sign = async () => {
    setBusy(true);
    if (await desk.addend(number)) notify({ text: t("addendumSigned", { number }) });
    onClose();
  };
  return (
    <Dialog
      title={t("addendumSignTitle", { number })}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button kind="primary" icon={PenLine} busy={busy} onClick={() => void sign()} data-testid="addendum-sign-now">
            {t("signNow")}
          </Button>
        </>
      }
    >
      <p>{t("addendumSignText")}</p>
    </Dialog>
  );
}
