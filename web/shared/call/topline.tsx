/** Above the pictures: what this is, how long it runs, whether it is recorded and who agreed, how the line is. */
import { Circle, Lock, Users } from "lucide";
import { formatDuration, formatTime } from "../i18n";
import { mine, others, type Room } from "../session/room";
import { useNow } from "../time/now";
import { Button, Icon } from "../ui";
import { ConsentButton } from "./consents";
import type { CallController, CallState } from "./controller";
import { LineSign, OverloadSigns } from "./line";
import { t } from "./words";

interface TopLineProps {
  call: CallController;
  state: CallState;
  /** Where the bar has no place for it: who is in the room. */
  onPeople?: (() => void) | undefined;
  onFailure: (error: unknown) => void;
}

export function TopLine({ call, state, onPeople, onFailure }: TopLineProps) {
  const room = state.session.room;
  return (
    <header class="topline">
      <h1 class="topline__title">{room?.consultation.title ?? t("call")}</h1>
      {room && <CallClock room={room} />}
      {room?.locked && (
        <span class="badge">
          <Icon of={Lock} />
          {t("lock")}
        </span>
      )}
      {room && <RecordingSign call={call} room={room} />}
      {room && !room.waiting && onPeople && (
        <Button icon={Users} onClick={onPeople} data-testid="people-open">
          {t("peopleCount", { count: others(room).length + 1 })}
        </Button>
      )}
      {room && !room.waiting && <ConsentButton call={call} room={room} onFailure={onFailure} />}
      <OverloadSigns state={state} />
      {!state.session.held && state.session.phase !== "waiting" && <LineSign state={state} />}
    </header>
  );
}

function CallClock({ room }: { room: Room }) {
  const now = useNow(1000) + room.clockOffsetMs;
  const since = room.consultation.started_at ?? mine(room)?.joined_at;
  if (!since) return null;
  return <time class="numbers quiet-text">{formatDuration(now - Date.parse(since))}</time>;
}

function RecordingSign({ call, room }: { call: CallController; room: Room }) {
  const { state, since, consents = [] } = room.recording;
  if (state !== "on" && state !== "asking") return null;
  const name = (id: string) => room.participants.get(id)?.name ?? "";
  const names = (granted: boolean | null) =>
    consents
      .filter((consent) => consent.granted === granted && name(consent.participant))
      .map((consent) => name(consent.participant))
      .join(", ");
  const waiting = consents.filter((consent) => consent.granted === null).length;
  const agreed = consents.some((consent) => consent.participant === room.me && consent.granted === true);
  const on = state === "on";
  return (
    <details class="sign">
      <summary class={`badge ${on ? "badge--danger" : "badge--attention"}`} {...(on ? { "data-testid": "recording-sign" } : {})}>
        <Icon of={Circle} class={on ? "sign__dot" : ""} />
        {t(on ? "recording" : "recordingAsking")}
      </summary>
      <div class="sign__detail card">
        <p>{on ? t("recordingSince", { time: formatTime(since ?? Date.now()) }) : t("recordingAskingDetail", { count: waiting })}</p>
        {names(true) && <p>{t("recordingWho", { names: names(true) })}</p>}
        {names(false) && <p data-testid="not-recorded">{t("recordingWithout", { names: names(false) })}</p>}
        {waiting > 0 && <p>{t("recordingWaitsFor", { names: names(null) })}</p>}
        {agreed && (
          <Button kind="secondary" onClick={() => void call.session.consent({ purpose: "record", granted: false }).catch(() => undefined)}>
            {t("consentWithdraw")}
          </Button>
        )}
      </div>
    </details>
  );
}
