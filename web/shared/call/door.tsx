/** The waiting room from both sides: who waits and for how long, letting in, a word to them; and being asked to speak. */
import { useState } from "preact/hooks";
import { DoorOpen, Mic, MessageSquare, SendHorizontal, UserMinus } from "lucide";
import { formatTime, roleName } from "../i18n";
import type * as P from "../protocol/messages";
import { inWaitingRoom, may, mine, type Room } from "../session/room";
import { useNow } from "../time/now";
import { Button, Dialog, Field, Icon, notify } from "../ui";
import type { CallController, CallState } from "./controller";
import { t } from "./door_words";
import { SelfTile } from "./tile";
import { t as callWord } from "./words";

interface DoorProps {
  call: CallController;
  room: Room;
  onFailure: (error: unknown) => void;
}

const longestWord = 300;
const minuteMs = 60_000;

/** "đã đợi 3 phút", by the server's clock. */
export function waitedFor(joinedAt: string | undefined, nowMs: number): string {
  const minutes = joinedAt ? Math.floor((nowMs - Date.parse(joinedAt)) / minuteMs) : 0;
  return minutes >= 1 ? t("waited", { minutes }) : t("justCame");
}

/** A line above the pictures, so that nobody waits unseen. */
export function Door({ call, room, onFailure }: DoorProps) {
  const now = useNow(minuteMs / 4) + room.clockOffsetMs;
  const [first, ...more] = inWaitingRoom(room);
  if (!first || !may(room, "admit")) return null;
  const admit = () => void (more.length > 0 ? call.session.moderate("admit-all") : call.session.moderate("admit", first.id)).catch(onFailure);
  return (
    <div class="banner banner--attention" role="status" data-testid="door">
      <Icon of={DoorOpen} />
      <span>
        {more.length > 0 ? t("waitsMore", { name: first.name, count: more.length }) : t("waits", { name: first.name })}
        <span class="quiet-text"> · {[first.place, waitedFor(first.joined_at, now)].filter(Boolean).join(" · ")}</span>
      </span>
      <Button kind="primary" onClick={admit} data-testid="door-admit">
        {t(more.length > 0 ? "admitAll" : "admit")}
      </Button>
    </div>
  );
}

/** In the people's drawer: everybody who waits, with what may be done. */
export function WaitingList({ call, room, onFailure }: DoorProps) {
  const now = useNow(minuteMs / 4) + room.clockOffsetMs;
  const waiting = inWaitingRoom(room);
  if (waiting.length === 0) return null;
  const moderate = (action: P.Moderate["action"], participant?: string) => void call.session.moderate(action, participant).catch(onFailure);
  return (
    <section class="stack" aria-label={t("waitingPeople")}>
      <h3>{t("waitingPeople")}</h3>
      <ul class="list-plain">
        {waiting.map((person) => (
          <li key={person.id} class="people__row">
            <div class="people__name">
              <strong>{person.name}</strong>
              <div class="small quiet-text">{[roleName(person.role), person.place, waitedFor(person.joined_at, now)].filter(Boolean).join(" · ")}</div>
            </div>
            {may(room, "admit") && (
              <Button kind="primary" icon={DoorOpen} onClick={() => moderate("admit", person.id)} data-testid="admit">
                {t("admit")}
                <span class="visually-hidden"> {person.name}</span>
              </Button>
            )}
            <WordTo call={call} person={person} onFailure={onFailure} />
            {may(room, "remove") && (
              <Button kind="quiet" icon={UserMinus} onClick={() => moderate("remove", person.id)}>
                {t("turnAway")}
                <span class="visually-hidden"> {person.name}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
      {may(room, "admit") && waiting.length > 1 && <Button onClick={() => moderate("admit-all")}>{t("admitAll")}</Button>}
      {!may(room, "admit") && <p class="small quiet-text">{t("nobodyToAdmit")}</p>}
    </section>
  );
}

function WordTo({ call, person, onFailure }: { call: CallController; person: P.Participant; onFailure: (error: unknown) => void }) {
  const [text, setText] = useState("");
  const send = async (event: Event) => {
    event.preventDefault();
    if (!text.trim()) return;
    try {
      await call.session.tell(person.id, text.trim());
      setText("");
      notify({ text: t("sent", { name: person.name }) });
    } catch (error) {
      onFailure(error);
    }
  };
  return (
    <details class="people__actions">
      <summary>
        {t("write")}
        <span class="visually-hidden">: {person.name}</span>
      </summary>
      <form class="stack" onSubmit={(event) => void send(event)}>
        <Field label={t("writeTo", { name: person.name })} hint={t("writeHint")}>
          {(control) => <input {...control} class="input" value={text} maxLength={longestWord} onInput={(event) => setText(event.currentTarget.value)} data-testid="word-to" />}
        </Field>
        <Button type="submit" icon={SendHorizontal}>
          {t("send")}
        </Button>
      </form>
    </details>
  );
}

/** What one who waits sees: their own picture, and that they are expected. */
export function WaitingPage({ state, room }: { state: CallState; room: Room }) {
  const since = mine(room)?.joined_at;
  return (
    <div class="stage__alone">
      <SelfTile state={state} place="main" />
      <div class="state" role="status" data-testid="waiting-room">
        <span class="spinner" aria-hidden="true" />
        <h2>{callWord("waiting")}</h2>
        <p class="state__text">{callWord("waitingText")}</p>
        {since && <p class="small quiet-text">{t("inRoomBy", { time: formatTime(since) })}</p>}
        {room.told.map((word, index) => (
          <p key={index} class="notice told" data-testid="told">
            <Icon of={MessageSquare} />
            <span>
              <strong>{t("toldBy", { name: word.name })}:</strong> {word.text}
            </span>
          </p>
        ))}
      </div>
    </div>
  );
}

/** Asked to speak. Gone once answered, or once the microphone is on. */
export function Invitation({ call, room, microphoneOn }: { call: CallController; room: Room; microphoneOn: boolean }) {
  const [answered, setAnswered] = useState<P.Invited | null>(null);
  const { invited } = room;
  if (!invited || invited === answered || microphoneOn) return null;
  const close = () => setAnswered(invited);
  return (
    <Dialog
      title={t("inviteTitle", { name: room.participants.get(invited.by)?.name ?? "" })}
      modal={false}
      onClose={close}
      data-testid="invitation"
      actions={
        <>
          <Button onClick={close}>{t("inviteNo")}</Button>
          <Button kind="primary" icon={Mic} onClick={() => (close(), void call.local.switch("microphone", true))} data-testid="invitation-yes">
            {t("inviteYes")}
          </Button>
        </>
      }
    >
      {t("inviteText")}
    </Dialog>
  );
}
