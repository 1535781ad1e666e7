/** Who is here, who waits, and what I may do about it. */
import { useState } from "preact/hooks";
import { Circle, Crown, Hand, Lock, LockOpen, Mic, MicOff, UserMinus, Video, VideoOff } from "lucide";
import { common, compareNames, roleName } from "../i18n";
import type * as P from "../protocol/messages";
import { may, mine, others, type Room } from "../session/room";
import { Button, Dialog, Icon } from "../ui";
import type { CallController, CallState } from "./controller";
import { WaitingList } from "./door";
import { t as doorWord } from "./door_words";
import { lineName, sourceName } from "./names";
import { SideTalkButton } from "./side";
import { t } from "./words";

interface PeopleProps {
  call: CallController;
  state: CallState;
  onFailure: (error: unknown) => void;
}

export function People({ call, state, onFailure }: PeopleProps) {
  const [asking, setAsking] = useState<{ question: "remove" | "make-host"; person: P.Participant } | null>(null);
  const room = state.session.room;
  if (!room) return null;
  const me = mine(room);
  const moderate = (action: P.Moderate["action"], participant?: string) => void call.session.moderate(action, participant).catch(onFailure);
  const recordDevice = (participant: string) => void call.session.consent({ purpose: "record", granted: true, participant }).catch(onFailure);
  const here = others(room).sort((a, b) => compareNames(a.name, b.name));
  return (
    <div class="stack">
      <WaitingList call={call} room={room} onFailure={onFailure} />
      <ul class="list-plain">
        {me && (
          <li class="people__row">
            <PersonName person={me} you />
            <Switches person={{ ...me, hand: state.hand }} />
          </li>
        )}
        {here.map((person) => (
          <li key={person.id} class="people__row">
            <PersonName person={person} />
            <Switches person={person} />
            <label class="people__volume">
              <span class="visually-hidden">{t("volume", { name: person.name })}</span>
              <input
                type="range"
                min="0"
                max="1"
                step="0.05"
                value={state.volumes.get(person.id) ?? 1}
                onInput={(event) => call.setVolume(person.id, Number(event.currentTarget.value))}
              />
            </label>
            <Actions room={room} person={person} onModerate={moderate} onRecord={() => recordDevice(person.id)} onAsk={(question) => setAsking({ question, person })} />
          </li>
        ))}
      </ul>
      <SideTalkButton call={call} room={room} onFailure={onFailure} />
      {room.locked && <p class="notice">{t("locked")}</p>}
      {may(room, "lock") && (
        <Button kind="secondary" icon={room.locked ? LockOpen : Lock} onClick={() => moderate(room.locked ? "unlock" : "lock")}>
          {t(room.locked ? "unlock" : "lock")}
        </Button>
      )}
      {asking && <Question {...asking} onClose={() => setAsking(null)} onYes={() => moderate(asking.question, asking.person.id)} />}
    </div>
  );
}

interface ActionsProps {
  room: Room;
  person: P.Participant;
  onModerate: (action: P.Moderate["action"], participant: string) => void;
  onRecord: () => void;
  onAsk: (question: "remove" | "make-host") => void;
}

/** A camera or an encoder without a page: recording asks whoever has one, and not this. */
function isUnaskedDevice({ recording }: Room, person: P.Participant): boolean {
  const asked = recording.state === "asking" || recording.state === "on";
  return asked && person.tracks.length > 0 && !recording.consents?.some((one) => one.participant === person.id);
}

/** What I may do about somebody: only what the server would allow. */
function Actions({ room, person, onModerate, onRecord, onAsk }: ActionsProps) {
  const speaks = person.role !== "observer";
  const doctor = person.role === "specialist" || person.role === "doctor";
  const entries = [
    may(room, "consent") && isUnaskedDevice(room, person) && (
      <Button key="record" kind="quiet" icon={Circle} onClick={onRecord} data-testid="record-device">
        {t("recordDevice")}
      </Button>
    ),
    may(room, "mute") && speaks && person.microphone && (
      <Button key="mute" kind="quiet" icon={MicOff} onClick={() => onModerate("mute", person.id)} data-testid="mute">
        {t("muteThem")}
      </Button>
    ),
    may(room, "invite") && speaks && !person.microphone && (
      <Button key="invite" kind="quiet" icon={Mic} onClick={() => onModerate("invite", person.id)} data-testid="invite">
        {doorWord("invite")}
      </Button>
    ),
    may(room, "hand-over") && doctor && (
      <Button key="host" kind="quiet" icon={Crown} onClick={() => onAsk("make-host")} data-testid="make-host">
        {t("makeHost")}
      </Button>
    ),
    may(room, "remove") && (
      <Button key="remove" kind="quiet" icon={UserMinus} onClick={() => onAsk("remove")} data-testid="remove">
        {t("removeThem")}
      </Button>
    ),
  ].filter(Boolean);
  if (entries.length === 0) return null;
  return (
    <details class="people__actions">
      <summary data-testid="actions" data-participant={person.id}>
        {t("actions")}
        <span class="visually-hidden">: {person.name}</span>
      </summary>
      {entries}
    </details>
  );
}

interface QuestionProps {
  question: "remove" | "make-host";
  person: P.Participant;
  onClose: () => void;
  onYes: () => void;
}

function Question({ question, person, onClose, onYes }: QuestionProps) {
  const removes = question === "remove";
  const { name } = person;
  return (
    <Dialog
      title={removes ? t("removeQuestion", { name }) : doorWord("handOverQuestion", { name })}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button kind={removes ? "danger" : "primary"} onClick={() => (onYes(), onClose())} data-testid="question-yes">
            {t(removes ? "removeThem" : "makeHost")}
          </Button>
        </>
      }
    >
      {removes ? t("removeText", { name }) : doorWord("handOverText", { name })}
    </Dialog>
  );
}

/** What somebody sends besides face and voice. */
function extrasOf(person: P.Participant): string {
  const extras = person.tracks.filter((track) => track.source !== "camera" && track.source !== "microphone" && track.source !== "screen-audio");
  return [...new Set(extras.map((track) => sourceName(track.source)))].join(", ");
}

function PersonName({ person, you = false }: { person: P.Participant; you?: boolean }) {
  return (
    <div class="people__name">
      <strong>{person.name}</strong>
      {you && <span class="quiet-text"> ({t("you")})</span>}
      <div class="small quiet-text">
        {[roleName(person.role), person.place, extrasOf(person), person.away ? t("away") : person.connection === "poor" || person.connection === "lost" ? lineName(person.connection) : ""].filter(Boolean).join(" · ")}
      </div>
    </div>
  );
}

function Switches({ person }: { person: P.Participant }) {
  return (
    <span class="people__switches">
      {person.hand && (
        <span class="badge badge--attention">
          <Icon of={Hand} />
          <span class="visually-hidden">{t("handRaised")}</span>
        </span>
      )}
      <Icon of={person.microphone ? Mic : MicOff} />
      <span class="visually-hidden">{t(person.microphone ? "microphone" : "muted")}</span>
      <Icon of={person.camera ? Video : VideoOff} />
      <span class="visually-hidden">{t(person.camera ? "camera" : "cameraIsOff")}</span>
    </span>
  );
}
