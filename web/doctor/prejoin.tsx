/** One page before the call: own picture and voice, devices, what this is and who waits, how the line is, and Join. */
import type { ComponentChildren } from "preact";
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { CalendarX, CircleCheck, Mic, MicOff, Video, VideoOff } from "lucide";
import { ApiError, createApi, wordsOf } from "../shared/api/client";
import type { IceServer, JoinInfo, Named } from "../shared/api/types";
import { DeviceChoice, Level } from "../shared/call/devices";
import { useVideo } from "../shared/call/hooks";
import { keepWarm, warmUp } from "../shared/call/warm";
import { common, formatDate, formatSpan, language, roleName, setLanguage } from "../shared/i18n";
import type { LocalMedia } from "../shared/media/local";
import { browserLacks } from "../shared/media/problems";
import { Button, EmptyState, ErrorState, LoadingState } from "../shared/ui";
import { isLong, isThin, type LineState } from "../shared/line/line";
import { LineStatus } from "./line_status";
import { Trouble } from "./trouble";
import { t } from "./words";

interface PrejoinProps {
  ticket: string;
  local: LocalMedia;
  /** The rest of the page, which comes while this is looked at. */
  loaded: Promise<unknown>;
  /** `thin`: what the line was found to carry up is little. */
  onJoin: (found: { thin: boolean; iceServers: readonly IceServer[] | undefined }) => void;
  /** What is shown when the consultation is over. */
  after?: ComponentChildren;
}

export function Prejoin({ ticket, local, loaded, onJoin, after }: PrejoinProps) {
  const [info, setInfo] = useState<JoinInfo | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [attempt, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const stop = new AbortController();
    const api = createApi({ bearer: () => ticket });
    setError(null);
    const load = () => api.get<JoinInfo>("/join", undefined, stop.signal).then(setInfo);
    load().catch((problem: unknown) => !stop.signal.aborted && setError(problem));
    const timer = setInterval(() => void load().catch(() => undefined), 10_000);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [ticket, attempt]);

  if (error !== null && !info) return <Refused error={error} onRetry={() => again(undefined)} />;
  if (!info) {
    return (
      <main class="centred">
        <LoadingState>{t("loading")}</LoadingState>
      </main>
    );
  }
  if (info.consultation.state === "ended" || info.consultation.state === "cancelled") {
    return (
      <main class="centred">
        <EmptyState icon={info.consultation.state === "ended" ? CircleCheck : CalendarX} title={info.consultation.title}>
          {t(info.consultation.state)}
        </EmptyState>
        {info.consultation.state === "ended" && after}
      </main>
    );
  }
  return <Ready ticket={ticket} info={info} local={local} loaded={loaded} onJoin={onJoin} />;
}

function Refused({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const words = wordsOf(error);
  const useless = error instanceof ApiError && error.problem.status === 401;
  return (
    <main class="centred" data-testid="prejoin-refused" data-code={error instanceof ApiError ? error.code : "unknown"}>
      <ErrorState title={useless ? t("badTicketTitle") : words.title} {...(useless ? {} : { onRetry })}>
        {useless && <p>{words.title}</p>}
        <p>{words.action}</p>
      </ErrorState>
      <LanguageSwitch />
    </main>
  );
}

function Ready({ ticket, info, local, loaded, onJoin }: Omit<PrejoinProps, "after"> & { info: JoinInfo }) {
  const [, again] = useReducer((n: number) => n + 1, 0);
  const [line, setLine] = useState<LineState | null>(null);
  useEffect(() => local.subscribe(() => again(undefined)), [local]);
  const long = line !== null && isLong(line);
  useEffect(() => (long ? keepWarm() : undefined), [long]);
  const { consultation, participant, present } = info;
  const lacks = browserLacks();
  const join = () => onJoin({ thin: line !== null && isThin(line), iceServers: info.ice_servers });
  const joinWithout = async () => {
    await local.switch("camera", false);
    await local.switch("microphone", false);
    join();
  };
  return (
    <main class="prejoin">
      <section class="prejoin__own" aria-label={t("preview")}>
        <Preview local={local} />
        <Trouble local={local} />
      </section>
      <section class="prejoin__devices" aria-label={t("devices")}>
        <DeviceChoice local={local} state={local.state} compact />
      </section>
      <section class="prejoin__about card" aria-label={t("prejoin")}>
        <div class="stack">
          <p class="prejoin__kind">{kindName(consultation.kind)}</p>
          <h1>{consultation.title}</h1>
          {placeOf(consultation.site, consultation.room) && <p>{placeOf(consultation.site, consultation.room)}</p>}
          <p class="numbers">{t("at", { span: formatSpan(consultation.starts_at, consultation.ends_at), date: formatDate(consultation.starts_at) })}</p>
        </div>
        <div class="stack prejoin__facts">
          <p>{t("as", { name: participant.name, role: roleName(participant.role) })}</p>
          <p>{present > 0 ? t("present", { count: present }) : t("nobody")}</p>
          {lacks.length === 0 && <LineStatus ticket={ticket} iceServers={info.ice_servers ?? []} loaded={loaded} onMeasured={setLine} />}
        </div>
        {lacks.length > 0 ? (
          <p class="notice notice--danger">{t("browserLacks", { what: lacks.join(", ") })}</p>
        ) : (
          <div class="stack prejoin__go">
            <Button kind="primary" wide onClick={join} onPointerEnter={() => warmUp()} onFocus={() => warmUp()} data-testid="prejoin-join">
              {t("join")}
            </Button>
            <Button kind="quiet" wide onClick={() => void joinWithout()} data-testid="prejoin-join-without">
              {t("joinWithout")}
            </Button>
          </div>
        )}
        <LanguageSwitch />
      </section>
    </main>
  );
}

function Preview({ local }: { local: LocalMedia }) {
  const video = useRef<HTMLVideoElement>(null);
  const { camera, microphone, asking } = local.state;
  useVideo(video, camera.on ? camera.track : null);
  return (
    <div class="preview">
      <video ref={video} class="preview__video" playsInline muted autoplay hidden={!camera.track} aria-label={t("preview")} />
      {!camera.track && <p class="preview__off">{t(asking ? "previewAsking" : "previewOff")}</p>}
      <div class="preview__bar">
        <Button icon={microphone.on ? Mic : MicOff} class={microphone.on ? "" : "preview__isoff"} onClick={() => void local.switch("microphone", !microphone.on)} data-testid="prejoin-mic">
          {t(microphone.on ? "switchMicrophoneOff" : "switchMicrophoneOn")}
        </Button>
        <Button icon={camera.on ? Video : VideoOff} class={camera.on ? "" : "preview__isoff"} onClick={() => void local.switch("camera", !camera.on)} data-testid="prejoin-camera">
          {t(camera.on ? "switchCameraOff" : "switchCameraOn")}
        </Button>
      </div>
      <div class="preview__level">
        <p class="small">{t(microphone.on ? "speak" : "microphoneOff")}</p>
        <Level track={microphone.on ? microphone.track : null} />
      </div>
    </div>
  );
}

function LanguageSwitch() {
  const other = language() === "vi" ? "en" : "vi";
  return (
    <Button kind="quiet" class="prejoin__language" onClick={() => setLanguage(other)} lang={other}>
      {common(other === "en" ? "english" : "vietnamese")}
    </Button>
  );
}

function placeOf(...places: readonly (Named | string | undefined)[]): string {
  return places.map((place) => (typeof place === "string" ? place : place?.name)).filter(Boolean).join(" – ");
}

const kinds = { scheduled: "kindScheduled", emergency: "kindEmergency", "tele-exam": "kindTeleExam", teaching: "kindTeaching" } as const;
const kindName = (kind: keyof typeof kinds) => common(kinds[kind]);
