/** Why a consultation was asked for: asked when it is booked, and changed as long as it is not over. */
import { useState } from "preact/hooks";
import type { Consultation } from "../../shared/api";
import { Field, notify } from "../../shared/ui";
import { reasonFault } from "../booking";
import { usePanel } from "../panel";
import { t } from "../words/consultation";
import { faultWord } from "../words/faults";
import { FormDialog } from "./form";

export function ReasonField({ value, error, onInput }: { value: string; error: string | undefined; onInput: (reason: string) => void }) {
  return (
    <Field label={t("bookReason")} hint={t("reasonHint")} error={error}>
      {(control) => <textarea {...control} rows={4} value={value} data-testid="book-reason" onInput={(event) => onInput(event.currentTarget.value)} />}
    </Field>
  );
}

export function ReasonDialog({ of, onClose, onDone }: { of: Consultation; onClose: () => void; onDone: () => void }) {
  const { api } = usePanel();
  const [reason, setReason] = useState(of.reason ?? "");
  const save = async () => {
    const fault = reasonFault(reason);
    if (fault) return { reason: t(faultWord[fault]) };
    await api.consultations.update(of.id, { reason: reason.trim() });
    notify({ text: t("reasonSaved") });
    onDone();
    onClose();
    return undefined;
  };
  return (
    <FormDialog title={t("reasonEdit")} submit={t("reasonSave")} onClose={onClose} onSubmit={save} submitTestId="reason-submit">
      {(errors) => <ReasonField value={reason} error={errors["reason"]} onInput={setReason} />}
    </FormDialog>
  );
}
