/** Above the pictures: what this is, how long it runs, whether it is recorded and who agreed, how the line is. */
import { Circle, Lock, Signal, SignalLow, SignalMedium, WifiOff } from "lucide";
import { formatDuration, formatTime } from "../i18n";
import { mine, type Room } from "../session/room";
import { Button, Icon } from "../ui";
import type { CallController, CallState } from "./controller";
import { useNow } from "./hooks";
import { lineName } from "./names";
import { t } from "./words";

const lineIcons = { good: Signal, fair: SignalMedium, poor: SignalLow, lost: WifiOff };

export function TopLine({ call, state }: { call: CallController; state: CallState }) {
  const room = state.session.room;
  const line = state.session.media === "disturbed" ? "lost" : state.line;
  const advice = line === "poor" ? t("lineAdvicePoor") : line === "fair" ? t("lineAdviceFair") : state.protocol && state.protocol !== "udp" ? t("lineAdviceTcp") : "";
  const detail = line !== "lost" ? advice : t("mediaDisturbed");
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
      <span class={`badge topline__line ${line === "good" ? "badge--ready" : "badge--attention"}`} title={detail || undefined}>
        <Icon of={lineIcons[line]} />
        <span class="topline__word">{lineName(line)}</span>
        {state.protocol && state.protocol !== "udp" && <span class="topline__word">({state.protocol.toUpperCase()})</span>}
      </span>
    </header>
  );
}

function CallClock({ room }: { room: Room }) {
  const now = useNow() + room.clockOffsetMs;
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
