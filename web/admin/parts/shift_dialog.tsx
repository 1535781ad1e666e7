/** One shift of the roster, to be added or changed. */
import { useState } from "preact/hooks";
import type { Shift, Site, User } from "../../shared/api";
import { compareNames } from "../../shared/i18n";
import { DateField } from "../../shared/time/date_field";
import { notify, SelectField, TextField } from "../../shared/ui";
import { useData } from "../data";
import { usePanel } from "../panel";
import { checkShift, draftOf, hoursFrom, newShift, usualHours, type Day, type ShiftDraft, type ShiftFault } from "../roster";
import { t as panel } from "../words/panel";
import { t } from "../words/roster";
import { FormDialog, type FieldErrors } from "./form";

const faultWord: Record<ShiftFault, Parameters<typeof t>[0]> = {
  required: "required",
  "bad-date": "badDate",
  "bad-time": "badTime",
  "end-before-start": "endBeforeStart",
  "shift-too-long": "tooLong",
};

interface PartProps {
  draft: ShiftDraft;
  change: (change: Partial<ShiftDraft>) => void;
  errors: FieldErrors;
}

function Hours({ draft, change, errors }: PartProps) {
  const time = (field: "fromTime" | "toTime", name: string) => (
    <TextField
      label={t(field)}
      value={draft[field]}
      error={errors[name]}
      inputMode="numeric"
      autocomplete="off"
      placeholder="07:00"
      data-testid={`shift-${name}`}
      onInput={(event) => change({ [field]: event.currentTarget.value })}
    />
  );
  return (
    <div class="stack stack--tight">
      <div class="chips" role="group" aria-label={t("usual")}>
        {usualHours.map((hours) => (
          <button
            key={hours.join()}
            type="button"
            class="chip"
            aria-pressed={draft.fromTime === hours[0] && draft.toTime === hours[1]}
            onClick={() => change(hoursFrom(draft.fromDate, hours))}
          >
            {hours.join(" – ")}
          </button>
        ))}
      </div>
      <div class="pair">
        <DateField label={t("fromDate")} value={draft.fromDate} error={errors["from_date"]} testId="shift-from-date" onChange={(fromDate) => change({ fromDate })} />
        {time("fromTime", "starts_at")}
      </div>
      <div class="pair">
        <DateField label={t("toDate")} value={draft.toDate} error={errors["to_date"]} testId="shift-to-date" onChange={(toDate) => change({ toDate })} />
        {time("toTime", "ends_at")}
      </div>
    </div>
  );
}

const nameOf = (user: User) => [user.title, user.name].filter(Boolean).join(" ");

function Whom({ draft, change, errors }: PartProps) {
  const { api } = usePanel();
  const users = useData((signal) => api.users.list({ limit: 500 }, signal), []);
  const sites = useData((signal) => api.sites.list({ limit: 500 }, signal), []);
  const people = (users.data?.items ?? []).filter((user) => user.active !== false).sort((a, b) => compareNames(a.name, b.name));
  return (
    <>
      <SelectField
        label={t("person")}
        error={errors["user_id"]}
        choices={[{ value: "", label: t("choosePerson") }, ...people.map((user) => ({ value: user.id, label: nameOf(user) }))]}
        value={draft.userId}
        data-testid="shift-person"
        onChoose={(userId) => change({ userId })}
      />
      <TextField label={t("specialty")} hint={t("specialtyHint")} value={draft.specialty} error={errors["specialty"]} maxLength={80} data-testid="shift-specialty" onInput={(event) => change({ specialty: event.currentTarget.value })} />
      <SelectField
        label={t("site")}
        hint={draft.siteId ? t("siteHint") : undefined}
        error={errors["site_id"]}
        choices={[{ value: "", label: t("allSites") }, ...(sites.data?.items ?? []).map((site: Site) => ({ value: site.id, label: site.name }))]}
        value={draft.siteId}
        data-testid="shift-site"
        onChoose={(siteId) => change({ siteId })}
      />
    </>
  );
}

/** `shift`: the one to change; without it a new one that begins on `day`. */
export function ShiftDialog({ shift, day, onClose, onDone }: { shift?: Shift | undefined; day: Day; onClose: () => void; onDone: () => void }) {
  const { api } = usePanel();
  const [draft, setDraft] = useState(() => (shift ? draftOf(shift) : newShift(day)));
  const change = (next: Partial<ShiftDraft>) => setDraft((old) => ({ ...old, ...next }));
  const save = async () => {
    const { faults, input } = checkShift(draft);
    if (!input) return Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, t(faultWord[fault])]));
    if (shift) await api.shifts.update(shift.id, input);
    else await api.shifts.create(input);
    notify({ text: panel("saved") });
    onDone();
    onClose();
    return undefined;
  };
  return (
    <FormDialog title={shift ? t("editTitle") : t("add")} submit={shift ? panel("edit") : panel("add")} onClose={onClose} onSubmit={save} submitTestId="shift-submit">
      {(errors) => (
        <>
          <Whom draft={draft} change={change} errors={errors} />
          <Hours draft={draft} change={change} errors={errors} />
        </>
      )}
    </FormDialog>
  );
}
