/** Consent purpose by purpose: who said what, taking it back, and the questions that come by themselves. */
import { useState } from "preact/hooks";
import { Check, ShieldCheck, UserX, X } from "lucide";
import type * as P from "../protocol/messages";
import { captionsService, mine, others, type Room, wordOf } from "../session/room";
import { Button, Dialog } from "../ui";
import { mustAnswer } from "./consent";
import { ConsentDialog } from "./consent_dialog";
import type { CallController } from "./controller";
import { type RoomWord, t } from "./room_words";

interface ConsentProps {
  call: CallController;
  room: Room;
  onFailure: (error: unknown) => void;
}

const purposes: readonly { purpose: P.Purpose; title: RoomWord; text: RoomWord }[] = [
  { purpose: "take-part", title: "takePart", text: "takePartText" },
  { purpose: "record", title: "record", text: "recordText" },
  { purpose: "observers", title: "observers", text: "observersText" },
  { purpose: "photographs", title: "photographs", text: "photographsText" },
  { purpose: "captions", title: "captions", text: "captionsText" },
];
/** Captions are asked about only where a service could write them. */
const purposesIn = (room: Room) => purposes.filter(({ purpose }) => purpose !== "captions" || captionsService(room) !== undefined);

/** Seats where a patient may sit beside. */
const besidePatient = (room: Room) => !["patient", "observer", "interpreter"].includes(mine(room)?.role ?? "observer");

const wordName = (word: boolean | null) => t(word === null ? "unasked" : word ? "agreed" : "refused");

export function ConsentButton(props: ConsentProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button class="topline__consent" icon={ShieldCheck} onClick={() => setOpen(true)} data-testid="consents-open">
        <span>{t("consents")}</span>
      </Button>
      {open && (
        <Dialog title={t("consentsTitle")} drawer onClose={() => setOpen(false)}>
          <ConsentPanel {...props} />
        </Dialog>
      )}
    </>
  );
}

function ConsentPanel(props: ConsentProps) {
  const { room } = props;
  const said = room.consents.filter((word) => word.participant !== room.me);
  return (
    <div class="stack" data-testid="consents">
      <p class="small quiet-text">{t("consentsHint")}</p>
      <Voice {...props} title={t("mine")} forPatient={false} />
      {besidePatient(room) && <Voice {...props} title={t("patients")} forPatient />}
      <section class="stack" aria-label={t("others")}>
        <h3>{t("others")}</h3>
        {said.length === 0 && <p class="small quiet-text">{t("othersNone")}</p>}
        <ul class="list-plain">
          {said.map((word) => (
            <SaidBy key={`${word.participant}${word.purpose}${word.for_patient ?? false}`} room={room} word={word} />
          ))}
        </ul>
      </section>
    </div>
  );
}

function SaidBy({ room, word }: { room: Room; word: P.ConsentWord }) {
  const name = room.participants.get(word.participant)?.name ?? "";
  const title = purposes.find(({ purpose }) => purpose === word.purpose)?.title;
  return (
    <li class="people__row">
      <div class="people__name">
        {word.for_patient ? t("forPatient", { name }) : name}
        <div class="small quiet-text">{title && t(title)}</div>
      </div>
      <span class={`badge ${word.granted ? "badge--ready" : "badge--attention"}`}>{wordName(word.granted)}</span>
    </li>
  );
}

/** One voice of this seat: what it has said to each purpose, and the buttons to say otherwise. */
function Voice({ call, room, onFailure, title, forPatient }: ConsentProps & { title: string; forPatient: boolean }) {
  const say = (purpose: P.Purpose, granted: boolean) => void call.session.consent({ purpose, granted, for_patient: forPatient }).catch(onFailure);
  return (
    <section class="stack" aria-label={title}>
      <h3>{title}</h3>
      <ul class="list-plain">
        {purposesIn(room).map(({ purpose, title: name, text }) => {
          const word = wordOf(room, room.me, purpose, forPatient);
          const leaves = purpose === "take-part" && !forPatient;
          const no: RoomWord = leaves ? "leaveToo" : word ? "withdraw" : "refuse";
          return (
            <li key={purpose} class="people__row" data-testid="consent" data-purpose={purpose} data-voice={forPatient ? "patient" : "own"}>
              <div class="people__name">
                <strong>{t(name)}</strong> <span class="badge">{leaves && word === null ? t("agreed") : wordName(word)}</span>
                <div class="small quiet-text">{t(text)}</div>
              </div>
              {word !== true && !leaves && (
                <Button icon={Check} onClick={() => say(purpose, true)} data-testid="consent-give">
                  {t("agree")}
                  <span class="visually-hidden">: {t(name)}</span>
                </Button>
              )}
              {word !== false && (
                <Button kind={leaves ? "danger" : "secondary"} icon={X} onClick={() => say(purpose, false)} data-testid="consent-withdraw">
                  {t(no)}
                  <span class="visually-hidden">: {t(name)}</span>
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** What must be asked now, one question at a time; recording comes first, it holds others up. */
export function PurposeQuestions(props: ConsentProps) {
  const { room } = props;
  const patient = mine(room)?.role === "patient";
  if (mustAnswer(room)) return null;
  if (patient && wordOf(room, room.me, "take-part") === null) return <TakePartQuestion {...props} />;
  const watching = others(room).filter((person) => person.role === "observer");
  const concerned = watching.length > 0 && (patient || besidePatient(room));
  if (concerned && wordOf(room, room.me, "observers", !patient) === null) return <ObserversQuestion {...props} watching={watching} patient={patient} />;
  return captionsService(room) && wordOf(room, room.me, "captions") === null ? <CaptionsQuestion {...props} /> : null;
}

function CaptionsQuestion({ call, room, onFailure }: ConsentProps) {
  const say = (granted: boolean, for_patient: boolean) => call.session.consent({ purpose: "captions", granted, for_patient });
  return (
    <ConsentDialog room={room} title={t("askedCaptions")} meanwhile={t("askedCaptionsMeanwhile")} testid="captions" onSay={say} onFailure={onFailure}>
      <p>{t("askedCaptionsText", { name: captionsService(room)?.name ?? "" })}</p>
    </ConsentDialog>
  );
}

function TakePartQuestion({ call, onFailure }: ConsentProps) {
  const say = (granted: boolean) => void call.session.consent({ purpose: "take-part", granted }).catch(onFailure);
  return (
    <Dialog
      title={t("askedTakePart")}
      modal={false}
      data-testid="ask-take-part"
      actions={
        <>
          <Button icon={X} onClick={() => say(false)} data-testid="ask-no">
            {t("takePartNo")}
          </Button>
          <Button kind="primary" icon={Check} onClick={() => say(true)} data-testid="ask-yes">
            {t("agree")}
          </Button>
        </>
      }
    >
      {t("askedTakePartText")}
    </Dialog>
  );
}

function ObserversQuestion({ call, onFailure, watching, patient }: ConsentProps & { watching: readonly P.Participant[]; patient: boolean }) {
  const [set, setAside] = useState(false);
  if (set) return null;
  const say = (granted: boolean) => void call.session.consent({ purpose: "observers", granted, for_patient: !patient }).catch(onFailure);
  const names = watching.map((person) => person.name).join(", ");
  return (
    <Dialog
      title={t("askedObservers")}
      modal={false}
      data-testid="ask-observers"
      actions={
        <>
          {!patient && (
            <Button kind="quiet" icon={UserX} onClick={() => setAside(true)} data-testid="ask-nobody">
              {t("noPatient")}
            </Button>
          )}
          <Button icon={X} onClick={() => say(false)} data-testid="ask-no">
            {t("refuse")}
          </Button>
          <Button kind="primary" icon={Check} onClick={() => say(true)} data-testid="ask-yes">
            {t("agree")}
          </Button>
        </>
      }
    >
      <p>{t("askedObserversText", { names, seen: t(patient ? "seenOnlyAfter" : "seenAlready") })}</p>
      <p>{t(patient ? "askedObserversMe" : "askedObserversPatient")}</p>
    </Dialog>
  );
}
