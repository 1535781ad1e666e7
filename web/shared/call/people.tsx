/** Who is here, who waits, and what the host may do about it. */
import { useState } from "preact/hooks";
import { Crown, DoorOpen, Hand, Lock, LockOpen, Mic, MicOff, UserMinus, Video, VideoOff } from "lucide";
import { common, compareNames } from "../i18n";
import type * as P from "../protocol/messages";
import { inWaitingRoom, mine, others } from "../session/room";
import { Button, Dialog, Icon } from "../ui";
import type { CallController, CallState } from "./controller";
import { lineName, roleName, sourceName } from "./names";
import { t } from "./words";

interface PeopleProps {
  call: CallController;
  state: CallState;
  onFailure: (error: unknown) => void;
}

export function People({ call, state, onFailure }: PeopleProps) {
  const [removing, setRemoving] = useState<P.Participant | null>(null);
  const room = state.session.room;
  if (!room) return null;
  const me = mine(room);
  const host = me?.role === "host";
  const moderate = (action: P.Moderate["action"], participant?: string) => void call.session.moderate(action, participant).catch(onFailure);
  const waiting = inWaitingRoom(room);
  const here = others(room).sort((a, b) => compareNames(a.name, b.name));
  return (
    <div class="stack">
      {waiting.length > 0 && (
        <section class="stack" aria-label={t("waitingPeople")}>
          <h3>{t("waitingPeople")}</h3>
          <ul class="people">
            {waiting.map((person) => (
              <li key={person.id} class="people__row">
                <PersonName person={person} />
                {host && (
                  <Button kind="primary" icon={DoorOpen} onClick={() => moderate("admit", person.id)}>
                    {t("admit")}
                    <span class="visually-hidden"> {person.name}</span>
                  </Button>
                )}
              </li>
            ))}
          </ul>
          {host && waiting.length > 1 && <Button onClick={() => moderate("admit-all")}>{t("admitAll")}</Button>}
        </section>
      )}
      <ul class="people">
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
            {host && (
              <details class="people__actions">
                <summary>
                  {t("actions")}
                  <span class="visually-hidden">: {person.name}</span>
                </summary>
                {person.microphone && (
                  <Button kind="quiet" icon={MicOff} onClick={() => moderate("mute", person.id)}>
                    {t("muteThem")}
                  </Button>
                )}
                <Button kind="quiet" icon={Crown} onClick={() => moderate("make-host", person.id)}>
                  {t("makeHost")}
                </Button>
                <Button kind="quiet" icon={UserMinus} onClick={() => setRemoving(person)}>
                  {t("removeThem")}
                </Button>
              </details>
            )}
          </li>
        ))}
      </ul>
      {room.locked && <p class="notice">{t("locked")}</p>}
      {host && (
        <Button kind="secondary" icon={room.locked ? LockOpen : Lock} onClick={() => moderate(room.locked ? "unlock" : "lock")}>
          {t(room.locked ? "unlock" : "lock")}
        </Button>
      )}
      {removing && (
        <Dialog
          title={t("removeQuestion", { name: removing.name })}
          onClose={() => setRemoving(null)}
          actions={
            <>
              <Button onClick={() => setRemoving(null)}>{common("cancel")}</Button>
              <Button
                kind="danger"
                onClick={() => {
                  moderate("remove", removing.id);
                  setRemoving(null);
                }}
              >
                {t("removeThem")}
              </Button>
            </>
          }
        >
          {t("removeText", { name: removing.name })}
        </Dialog>
      )}
    </div>
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
