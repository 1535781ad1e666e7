/** Booking, in a drawer beside whatever one was looking at. Collisions show as they arise, with the next free time. */
import { useEffect, useRef, useState } from "preact/hooks";
import { CalendarClock, Plus, TriangleAlert, X } from "lucide";
import { ApiError, type Consultation, type Role, type Room, type User } from "../../shared/api";
import { common, compareNames, formatDateTime, formatSpan, roleName } from "../../shared/i18n";
import { MINUTE_MS, showTime, wallOf } from "../../shared/time/zone";
import { Button, Dialog, Field, Icon, notify, SelectField, TextField } from "../../shared/ui";
import { checkDraft, collisions, fieldOf, kindChosen, moveDraft, newDraft, nextFree, spanOf, spreadDateTime, type Draft, type Fault, type PersonDraft } from "../booking";
import { useData, useSettled } from "../data";
import { DateField } from "../../shared/time/date_field";
import { focusFirstFault, focusFirstField, Refusal } from "../parts/form";
import { PatientFields } from "../parts/patient_fields";
import { ReasonField } from "../parts/reason";
import { choicesOf, kindName, kinds, roles } from "../parts/words";
import { usePanel } from "../panel";
import { go, href, setQuery, useAddress } from "../router";
import { inOrder } from "../site_tree";
import { t } from "../words/consultation";
import { faultWord } from "../words/faults";

const lengths = [15, 30, 45, 60];

interface PartProps {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  errors: Readonly<Record<string, string | undefined>>;
}

function When({ draft, change, errors }: PartProps) {
  const span = spanOf(draft);
  const minutes = span ? (span.endMs - span.startMs) / MINUTE_MS : 0;
  const time = (field: "start" | "end") => (
    <TextField
      label={t(field)}
      value={draft[field]}
      error={errors[field]}
      inputMode="numeric"
      autocomplete="off"
      placeholder="14:00"
      data-testid={`book-${field}`}
      hint={field === "end" && span?.nextDay ? t("nextDayHint") : undefined}
      onInput={(event) => change(spreadDateTime({ ...draft, [field]: event.currentTarget.value }, field))}
    />
  );
  return (
    <div class="stack stack--tight">
      <div class="when">
        <DateField label={t("date")} value={draft.date} error={errors["date"]} testId="book-date" onChange={(date) => change({ date })} />
        {time("start")}
        {time("end")}
      </div>
      <div class="chips" role="group" aria-label={t("length")}>
        {lengths.map((length) => (
          <button
            key={length}
            type="button"
            class="chip"
            aria-pressed={minutes === length}
            onClick={() => span && change({ end: showTime(wallOf(span.startMs + length * MINUTE_MS)) })}
          >
            {t("minutes", { count: length })}
          </button>
        ))}
      </div>
    </div>
  );
}

function Person({ person, users, error, onChange, onRemove }: { person: PersonDraft; users: readonly User[]; error: string | undefined; onChange: (p: PersonDraft) => void; onRemove: () => void }) {
  const choose = (name: string) => {
    const user = users.find((u) => u.name === name.trim());
    const { user_id: _old, ...rest } = person;
    onChange({ ...rest, name, ...(user ? { user_id: user.id } : {}) });
  };
  return (
    <div class="person">
      <Field label={t("personName")} error={error}>
        {(control) => <input {...control} type="text" list="staff" value={person.name} autocomplete="off" data-testid="book-person-name" onInput={(event) => choose(event.currentTarget.value)} />}
      </Field>
      <SelectField label={t("personRole")} choices={choicesOf(roles, roleName)} value={person.role} data-testid="book-person-role" onChoose={(role) => onChange({ ...person, role: role as Role })} />
      <Button kind="quiet" square icon={X} onClick={onRemove}>
        {t("removePerson", { name: person.name || t("thisPerson") })}
      </Button>
    </div>
  );
}

function People({ draft, change, errors, users }: PartProps & { users: readonly User[] }) {
  const nextKey = useRef(100);
  const set = (people: PersonDraft[]) => change({ people });
  return (
    <fieldset class="group">
      <legend>{t("people")}</legend>
      <p class="small quiet-text">{t("peopleHint")}</p>
      <datalist id="staff">
        {users.map((user) => (
          <option key={user.id} value={user.name}>
            {user.title}
          </option>
        ))}
      </datalist>
      {draft.people.map((person, index) => (
        <Person
          key={person.key}
          person={person}
          users={users}
          error={errors[`person.${person.key}`]}
          onChange={(next) => set(draft.people.with(index, next))}
          onRemove={() => set(draft.people.toSpliced(index, 1))}
        />
      ))}
      <Button kind="secondary" icon={Plus} data-testid="book-person-add" onClick={() => set([...draft.people, { key: nextKey.current++, name: "", role: "doctor" }])}>
        {t("addPerson")}
      </Button>
    </fieldset>
  );
}

function Collision({ taken, freeMs, lengthMs, onUse }: { taken: readonly Consultation[]; freeMs: number | null; lengthMs: number; onUse: (ms: number) => void }) {
  return (
    <div class="notice notice--attention collision" role="alert" data-testid="book-conflict">
      <Icon of={TriangleAlert} />
      <div class="stack stack--tight">
        <strong>{t("conflictTitle")}</strong>
        {taken.length > 0 && (
          <div>
            {t("conflictText")}
            <ul class="collision__list">
              {taken.map((one) => (
                <li key={one.id}>
                  <span class="numbers">{formatSpan(one.starts_at, one.ends_at)}</span> · {one.title}
                  {one.room && ` · ${one.room.name}`}
                </li>
              ))}
            </ul>
          </div>
        )}
        {freeMs !== null && (
          <Button kind="secondary" icon={CalendarClock} data-testid="book-next-free" onClick={() => onUse(freeMs)}>
            {t("conflictUse", { time: formatSpan(freeMs, freeMs + lengthMs) })}
          </Button>
        )}
      </div>
    </div>
  );
}

/** What the chosen room holds around the chosen time. */
function useRoomDay(roomId: string, startMs: number | null) {
  const { api } = usePanel();
  const day = startMs === null ? null : Math.floor(startMs / (60 * MINUTE_MS));
  const key = useSettled(`${roomId}|${day}`);
  return useData(
    async (signal) => {
      if (!roomId || day === null) return [];
      const from = new Date(day * 60 * MINUTE_MS - 12 * 60 * MINUTE_MS).toISOString();
      const to = new Date(day * 60 * MINUTE_MS + 24 * 60 * MINUTE_MS).toISOString();
      return (await api.consultations.list({ room_id: roomId, from, to, limit: 100 }, signal)).items;
    },
    [key],
  );
}

const roomLabel = (room: Room) => [room.name, room.site_name].filter(Boolean).join(" – ");

/** Written once per opening: what the address brought along. */
function firstDraft(query: URLSearchParams): Draft {
  const at = Date.parse(query.get("at") ?? "");
  return newDraft(Date.now(), { ...(Number.isNaN(at) ? {} : { startMs: at }), roomId: query.get("room") ?? "" });
}

export function BookingDrawer() {
  const { api } = usePanel();
  const { query } = useAddress();
  const [draft, setDraft] = useState(() => firstDraft(query));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [refused, setRefused] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const rooms = useData((signal) => api.rooms.list({ limit: 200 }, signal), []);
  const users = useData((signal) => api.users.list({ limit: 200 }, signal), []);
  useEffect(() => focusFirstField(form.current), []);
  const span = spanOf(draft);
  const lengthMs = span && span.endMs > span.startMs ? span.endMs - span.startMs : 30 * MINUTE_MS;
  const roomDay = useRoomDay(draft.roomId, span?.startMs ?? null);
  const held = roomDay.data ?? [];
  const taken = span && draft.roomId ? collisions(held, span.startMs, span.endMs) : [];
  const conflict = refused instanceof ApiError && refused.code === "conflict" ? refused.problem : undefined;

  const change = (next: Partial<Draft>) => {
    setDraft((old) => ({ ...old, ...next }));
    setRefused(undefined);
    if (Object.keys(errors).length > 0) setErrors({});
  };
  const close = () => setQuery({ book: "", at: "", room: "" });
  const use = (ms: number) => change(moveDraft(draft, ms));

  async function send(event: Event) {
    event.preventDefault();
    if (busy) return;
    const { faults, input } = checkDraft(draft, Date.now());
    setErrors(Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, t(faultWord[fault as Fault])])));
    setRefused(undefined);
    if (!input) return focusFirstFault(form.current);
    setBusy(true);
    try {
      const made = await api.consultations.book(input);
      notify({ text: `${t("booked")} ${formatDateTime(made.starts_at ?? input.starts_at)}` });
      go(href(`/consultations/${encodeURIComponent(made.id)}`));
    } catch (error) {
      setRefused(error);
      const fields = error instanceof ApiError ? (error.problem.errors ?? []) : [];
      setErrors(Object.fromEntries(fields.map((one) => [fieldOf(one.field, draft), one.message])));
      focusFirstFault(form.current);
    }
    setBusy(false);
  }

  const freeMs = conflict?.next_free ? Date.parse(conflict.next_free) : taken.length > 0 && span ? nextFree(held, span.startMs, lengthMs) : null;
  return (
    <Dialog
      title={t("bookTitle")}
      drawer
      onClose={close}
      data-testid="book-form"
      actions={
        <>
          <Button kind="secondary" onClick={close}>
            {common("cancel")}
          </Button>
          <Button kind="primary" type="submit" form="booking" busy={busy} data-testid="book">
            {t("bookSubmit")}
          </Button>
        </>
      }
    >
      <form id="booking" ref={form} class="stack" noValidate onSubmit={(event) => void send(event)}>
        {!conflict && <Refusal error={refused} />}
        <TextField label={t("title")} hint={t("titleHint")} value={draft.title} error={errors["title"]} maxLength={250} data-testid="book-title" onInput={(event) => change({ title: event.currentTarget.value })} />
        <ReasonField value={draft.reason} error={errors["reason"]} onInput={(reason) => change({ reason })} />
        <SelectField label={t("kind")} choices={choicesOf(kinds, kindName)} value={draft.kind} data-testid="book-kind" onChoose={(kind) => change(kindChosen(kind as Draft["kind"]))} />
        <label class="check">
          <input type="checkbox" checked={draft.waitingRoom} onChange={(event) => change({ waitingRoom: event.currentTarget.checked })} data-testid="book-waiting-room" />
          {t("waitingRoom")}
        </label>
        <When draft={draft} change={change} errors={errors} />
        <Field label={t("room")} error={errors["room"]}>
          {(control) => (
            <select {...control} value={draft.roomId} data-testid="book-room" onChange={(event) => change({ roomId: event.currentTarget.value })}>
              <option value="">{t("chooseRoom")}</option>
              {inOrder(rooms.data?.items ?? []).map((room) => (
                <option key={room.id} value={room.id}>
                  {roomLabel(room)}
                </option>
              ))}
            </select>
          )}
        </Field>
        {(conflict || taken.length > 0) && <Collision taken={conflict?.conflicts ?? taken} freeMs={freeMs} lengthMs={lengthMs} onUse={use} />}
        <PatientFields patient={draft.patient} errors={errors} onChange={(patient) => change({ patient: { ...draft.patient, ...patient } })} />
        <People draft={draft} change={change} errors={errors} users={[...(users.data?.items ?? [])].sort((a, b) => compareNames(a.name, b.name))} />
      </form>
    </Dialog>
  );
}
