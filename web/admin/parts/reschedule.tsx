/** Another time for a booked consultation, checked like a new booking's. */
import { useState } from "preact/hooks";
import { ApiError, type Consultation } from "../../shared/api";
import { MINUTE_MS, showDate, showTime, wallOf } from "../../shared/time/zone";
import { TextField } from "../../shared/ui";
import { checkDraft, newDraft, spreadDateTime, type Draft, type Fault } from "../booking";
import { usePanel } from "../panel";
import { faultWord } from "../words/faults";
import { t } from "../words/consultation";
import { DateField } from "../../shared/time/date_field";
import { FormDialog } from "./form";

function draftOf(c: Consultation): Draft {
  const start = wallOf(c.starts_at);
  return { ...newDraft(0), title: c.title, date: showDate(start), start: showTime(start), end: showTime(wallOf(c.ends_at)) };
}

export function RescheduleDialog({ of, onClose, onDone }: { of: Consultation; onClose: () => void; onDone: () => void }) {
  const { api } = usePanel();
  const [draft, setDraft] = useState(() => draftOf(of));
  const save = async () => {
    const { faults, input } = checkDraft(draft, Date.now());
    if (!input) return Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, t(faultWord[fault as Fault])]));
    try {
      await api.consultations.update(of.id, { starts_at: input.starts_at, ends_at: input.ends_at });
    } catch (error) {
      const free = error instanceof ApiError ? error.problem.next_free : null;
      if (!free) throw error;
      const lengthMs = Date.parse(input.ends_at) - Date.parse(input.starts_at);
      const start = wallOf(free);
      setDraft({ ...draft, date: showDate(start), start: showTime(start), end: showTime(wallOf(Date.parse(free) + lengthMs)) });
      return { start: t("conflictUse", { time: `${showTime(start)} (${Math.round(lengthMs / MINUTE_MS)}')` }) };
    }
    onDone();
    onClose();
    return undefined;
  };
  return (
    <FormDialog title={t("reschedule")} submit={t("reschedule")} onClose={onClose} onSubmit={save} submitTestId="reschedule-submit">
      {(errors) => (
        <div class="when">
          <DateField label={t("date")} value={draft.date} error={errors["date"]} onChange={(date) => setDraft({ ...draft, date })} />
          {(["start", "end"] as const).map((field) => (
            <TextField
              key={field}
              label={t(field)}
              value={draft[field]}
              error={errors[field]}
              inputMode="numeric"
              onInput={(event) => setDraft(spreadDateTime({ ...draft, [field]: event.currentTarget.value }, field))}
            />
          ))}
        </div>
      )}
    </FormDialog>
  );
}
