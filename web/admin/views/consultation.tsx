/** One consultation, its whole life on one page: booking, people, what really happened, consents, recordings, deliveries. */
import { useState } from "preact/hooks";
import { CircleX, Clock, Pencil, Square, UserPlus, UserRound } from "lucide";
import type { Consultation, ConsultationParticipant, Recording, Role, User } from "../../shared/api";
import { formatDate, formatDateTime, formatSpan, formatTime, roleName } from "../../shared/i18n";
import { isDoctor } from "../../shared/roles";
import { useNow } from "../../shared/time/now";
import { Button, notify, SelectField, TextField } from "../../shared/ui";
import { useData } from "../data";
import { StateBadge } from "../parts/chips";
import { Confirm, FormDialog } from "../parts/form";
import { Facts, Section, Show, ViewHead } from "../parts/frame";
import { AuditLines, ChatLines, Consents, Ledger, Stays } from "../parts/ledger";
import { LiveLines } from "../parts/lines";
import { MinutesOf } from "../parts/minutes";
import { NamePatientDialog } from "../parts/name_patient";
import { patientLine } from "../parts/patient_fields";
import { Pictures } from "../parts/pictures";
import { RecordingBadge, RecordingView } from "../parts/records";
import { ReasonDialog } from "../parts/reason";
import { RescheduleDialog } from "../parts/reschedule";
import { Table } from "../parts/table";
import { LinkButtons, TicketDialog } from "../parts/ticket";
import { choicesOf, kindName, languageName, roles } from "../parts/words";
import { usePanel } from "../panel";
import { href } from "../router";
import { invitable, mayGiveLink, standingOf } from "../standing";
import { t } from "../words/consultation";
import { t as files } from "../words/files";
import { t as records } from "../words/records";
import { deliveryColumns } from "./deliveries";

const refreshMs = 10_000;

function InviteDialog({ of, as, onClose, onMade }: { of: Consultation; as: readonly Role[]; onClose: () => void; onMade: () => void }) {
  const { api } = usePanel();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("doctor");
  const [asked, setAsked] = useState(false);
  const close = () => {
    onMade();
    onClose();
  };
  if (asked) return <TicketDialog name={name.trim()} ask={() => api.consultations.invite(of.id, { name: name.trim(), role })} onClose={close} />;
  return (
    <FormDialog
      title={t("invite")}
      submit={t("inviteSubmit")}
      submitTestId="invite-submit"
      onClose={onClose}
      onSubmit={() => {
        if (name.trim() === "") return Promise.resolve({ name: t("faultRequired") });
        setAsked(true);
        return Promise.resolve();
      }}
    >
      {(errors) => (
        <>
          <TextField label={t("personName")} value={name} error={errors["name"]} maxLength={120} data-testid="invite-name" onInput={(event) => setName(event.currentTarget.value)} />
          <SelectField label={t("personRole")} choices={choicesOf(as, roleName)} value={role} data-testid="invite-role" onChoose={(value) => setRole(value as Role)} />
        </>
      )}
    </FormDialog>
  );
}

function CancelDialog({ of, onClose, onDone }: { of: Consultation; onClose: () => void; onDone: () => void }) {
  const { api } = usePanel();
  const [reason, setReason] = useState("");
  return (
    <FormDialog
      title={t("cancelTitle")}
      submit={t("cancelConsultation")}
      danger
      submitTestId="cancel-submit"
      onClose={onClose}
      onSubmit={async () => {
        if (reason.trim() === "") return { reason: t("faultRequired") };
        await api.consultations.cancel(of.id, reason.trim());
        onDone();
        onClose();
      }}
    >
      {(errors) => (
        <>
          <p>{t("cancelText")}</p>
          <TextField label={t("cancelReason")} value={reason} error={errors["reason"]} maxLength={300} data-testid="cancel-reason" onInput={(event) => setReason(event.currentTarget.value)} />
        </>
      )}
    </FormDialog>
  );
}

type Asking = "cancel" | "end" | "invite" | "patient" | "reason" | "reschedule" | null;

function Actions({ of, ask, admin, mayEnd }: { of: Consultation; ask: (what: Asking) => void; admin: boolean; mayEnd: boolean }) {
  return (
    <>
      {of.state === "booked" && admin && (
        <>
          <Button kind="secondary" icon={Clock} onClick={() => ask("reschedule")} data-testid="reschedule">
            {t("reschedule")}
          </Button>
          <Button kind="quiet" icon={CircleX} onClick={() => ask("cancel")} data-testid="cancel">
            {t("cancelConsultation")}
          </Button>
        </>
      )}
      {of.state === "open" && mayEnd && (
        <Button kind="danger" icon={Square} onClick={() => ask("end")} data-testid="end">
          {t("endNow")}
        </Button>
      )}
    </>
  );
}

function realTimes(of: Consultation): string {
  if (!of.started_at) return t("notStarted");
  return [t("startedAt", { time: formatTime(of.started_at) }), of.ended_at && t("endedAt", { time: formatTime(of.ended_at) })].filter(Boolean).join(", ");
}

/** An emergency begins before anybody has asked whom it is about. */
const mayBeNamed = (of: Consultation) => of.kind === "emergency" && !of.patient && of.state !== "cancelled";

/** What may be changed until it is over. */
const isOpen = ({ state }: Consultation) => state === "booked" || state === "open";

function Booking({ of, onReason, onPatient }: { of: Consultation; onReason: (() => void) | null; onPatient: (() => void) | null }) {
  const facts: [string, preact.ComponentChildren][] = [
    [t("when"), <span class="numbers">{`${formatSpan(of.starts_at, of.ends_at)}, ${formatDate(of.starts_at)}`}</span>],
    [t("realTimes"), realTimes(of)],
    [t("kind"), kindName(of.kind)],
    [t("room"), [of.room?.name, of.site?.name].filter(Boolean).join(" – ") || t("noRoom")],
    [
      t("patient"),
      of.patient ? (
        <>
          <strong>{of.patient.name}</strong>
          <span class="small quiet-text block">{patientLine(of.patient)}</span>
        </>
      ) : onPatient ? (
        <span class="stack stack--tight">
          <span>{t("patientLater")}</span>
          <span>
            <Button kind="secondary" icon={UserRound} onClick={onPatient} data-testid="name-patient">
              {t("namePatient")}
            </Button>
          </span>
        </span>
      ) : (
        t("patientNone")
      ),
    ],
  ];
  if (of.reason) facts.push([t("bookReason"), <span class="lines">{of.reason}</span>]);
  if (of.language) facts.push([t("languageOf"), languageName(of.language)]);
  if (of.state === "cancelled" && of.cancel_reason) facts.push([t("cancelReason"), of.cancel_reason]);
  return (
    <Section
      title={t("booking")}
      aside={
        onReason && (
          <Button kind="quiet" icon={Pencil} onClick={onReason} data-testid="reason-edit">
            {of.reason ? t("reasonEdit") : t("reasonAdd")}
          </Button>
        )
      }
    >
      <Facts of={facts} />
    </Section>
  );
}

/** When it is over its doctors come back to the minutes: to write them to their end, and to sign. */
function mayCome(of: Consultation, { role }: ConsultationParticipant): boolean {
  return isOpen(of) ? role !== "kiosk" : of.state === "ended" && isDoctor(role);
}

function People({ of, onInvite }: { of: Consultation; onInvite: (() => void) | null }) {
  const { user } = usePanel().session;
  const people = of.participants ?? [];
  return (
    <Section
      title={t("people")}
      aside={
        onInvite && (
          <Button kind="secondary" icon={UserPlus} onClick={onInvite} data-testid="invite">
            {t("invite")}
          </Button>
        )
      }
    >
      {people.length === 0 ? (
        <p class="quiet-text">{t("noPeople")}</p>
      ) : (
        <ul class="people">
          {people.map((person) => (
            <li key={person.id} data-testid="participant">
              <span class="who__mark" aria-hidden="true">
                {person.name.trim().split(/\s+/).at(-1)?.[0]?.toUpperCase()}
              </span>
              <span class="people__words">
                <strong>{person.name}</strong>
                <span class="small quiet-text">{[roleName(person.role), person.place].filter(Boolean).join(" · ")}</span>
              </span>
              {mayCome(of, person) && mayGiveLink(user, people, person) && <LinkButtons consultation={of.id} person={person} />}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function RecordingsOf({ of }: { of: Consultation }) {
  const { api } = usePanel();
  const live = of.state === "open" || of.state === "ended";
  const list = useData((signal) => api.consultations.recordings(of.id, signal), [of.id, of.state], live ? refreshMs : 0);
  return (
    <Section title={records("recording")}>
      <Show of={list} inline>
        {({ items }) => (items.length === 0 ? <p class="quiet-text">{records("noneHere")}</p> : <div class="stack">{items.map((one) => <OneRecording key={one.id} of={one} title={of.title} />)}</div>)}
      </Show>
    </Section>
  );
}

/** The list may be short on files; the recording itself is not. */
function OneRecording({ of, title }: { of: Recording; title: string }) {
  const { api } = usePanel();
  const whole = useData((signal) => (of.files ? Promise.resolve(of) : api.recordings.get(of.id, signal)), [of]);
  return (
    <article class="stack stack--tight">
      <div class="row">
        <RecordingBadge of={of} />
        <span class="numbers">{formatDateTime(of.started_at)}</span>
        <a class="small" href={href(`/recordings/${encodeURIComponent(of.id)}`)}>
          {records("openPage")}
        </a>
      </div>
      <RecordingView of={whole.data ?? of} title={title} />
    </article>
  );
}

/** Ids to names, of staff and of those who took part. */
function namesOf(users: readonly User[] = [], people: readonly ConsultationParticipant[] = []): ReadonlyMap<string, string> {
  return new Map([...users.map((u): [string, string] => [u.id, u.name || u.username]), ...people.map((p): [string, string] => [p.id, p.name])]);
}

export function ConsultationPage({ id }: { id: string }) {
  const { api, session } = usePanel();
  const admin = session.user.role === "admin";
  const now = useNow(5000);
  const consultation = useData((signal) => api.consultations.get(id, signal), [id], refreshMs);
  const users = useData((signal) => (admin ? api.users.list({ limit: 200 }, signal) : Promise.resolve({ items: [] })), [admin]);
  const [asking, ask] = useState<Asking>(null);
  const done = () => ask(null);
  const standing = (of: Consultation) => standingOf(session.user, of.participants ?? []);
  const as = (of: Consultation) => invitable(standing(of), roles);
  const state = consultation.data?.state;
  const live = state === "open" ? refreshMs : 0;
  return (
    <>
      <a class="back" href={href("/consultations")}>
        {t("backToList")}
      </a>
      <Show of={consultation}>
        {(one) => (
          <>
            <ViewHead
              title={one.title}
              under={
                <span class="row">
                  <StateBadge state={one.state} />
                  <span class="numbers">{`${formatSpan(one.starts_at, one.ends_at)}, ${formatDate(one.starts_at)}`}</span>
                </span>
              }
              actions={<Actions of={one} ask={ask} admin={admin} mayEnd={standing(one) !== "guest"} />}
            />
            <div class="columns" data-testid="consultation" data-state={one.state}>
              <div class="columns__main">
                <People of={one} onInvite={isOpen(one) && as(one).length > 0 ? () => ask("invite") : null} />
                {admin && one.state === "open" && <LiveLines consultation={one.id} />}
                {one.state !== "cancelled" && <MinutesOf id={id} />}
                {admin && <RecordingsOf of={one} />}
                <Ledger title={files("title")} none={files("none")} load={(signal) => api.consultations.files(id, signal)} keys={[id, state]} everyMs={live}>
                  {(items) => <Pictures items={items} urlOf={(file, part) => api.consultations.fileUrl(id, file, part)} />}
                </Ledger>
                <Ledger title={t("stays")} none={t("staysNone")} load={(signal) => api.consultations.stays(id, signal)} keys={[id, state]} everyMs={live}>
                  {(items) => <Stays items={items} of={one} nowMs={now} />}
                </Ledger>
                {admin && (
                  <Ledger title={records("deliveriesHere")} none={records("deliveriesNoneHere")} load={(signal) => api.consultations.deliveries(id, signal)} keys={[id, state]} everyMs={state === "ended" ? refreshMs : 0}>
                    {(items) => <Table caption={records("deliveriesHere")} columns={deliveryColumns(consultation.reload, false)} rows={items} rowKey={(d) => d.id} data-testid="deliveries" />}
                  </Ledger>
                )}
              </div>
              <div class="columns__side">
                <Booking of={one} onReason={admin && isOpen(one) ? () => ask("reason") : null} onPatient={mayBeNamed(one) && standing(one) !== "guest" ? () => ask("patient") : null} />
                <Ledger title={t("consents")} none={t("consentsNone")} load={(signal) => api.consultations.consents(id, signal)} keys={[id, state]} everyMs={live}>
                  {(items) => <Consents items={items} of={one} />}
                </Ledger>
                <Ledger title={t("chat")} none={t("chatNone")} load={(signal) => api.consultations.chat(id, signal)} keys={[id, state]} everyMs={live}>
                  {(items) => <ChatLines items={items} />}
                </Ledger>
                {admin && (
                  <Ledger title={t("audit")} none={t("auditNone")} load={(signal) => api.consultations.audit(id, signal)} keys={[id, state]}>
                    {(items) => <AuditLines items={items} names={namesOf(users.data?.items, one.participants)} />}
                  </Ledger>
                )}
              </div>
            </div>
            {asking === "invite" && <InviteDialog of={one} as={as(one)} onClose={done} onMade={consultation.reload} />}
            {asking === "cancel" && <CancelDialog of={one} onClose={done} onDone={consultation.reload} />}
            {asking === "patient" && <NamePatientDialog of={one} onClose={done} onDone={consultation.reload} />}
            {asking === "reason" && <ReasonDialog of={one} onClose={done} onDone={consultation.reload} />}
            {asking === "reschedule" && (
              <RescheduleDialog
                of={one}
                onClose={done}
                onDone={() => {
                  notify({ text: t("rescheduled") });
                  consultation.reload();
                }}
              />
            )}
            {asking === "end" && (
              <Confirm
                title={t("endTitle")}
                submit={t("endNow")}
                onClose={done}
                onConfirm={async () => {
                  await api.consultations.end(id);
                  consultation.reload();
                }}
              >
                <p>{t("endText")}</p>
              </Confirm>
            )}
          </>
        )}
      </Show>
    </>
  );
}
