/** The room's check: is there a picture, does the bar move, is the tone heard. Devices are open only while this is shown. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ArrowLeft, CircleCheck, Microscope, RefreshCw, TriangleAlert, Volume2 } from "lucide";
import { Level } from "../shared/call/devices";
import { useVideo } from "../shared/call/hooks";
import { playTone } from "../shared/media/level";
import { LocalMedia } from "../shared/media/local";
import { Icon } from "../shared/ui";
import { later } from "../shared/ui/later";
import { Big, useFirstFocus } from "./parts";
import { t } from "./words";

export function Preview({ track, label = t("checkPicture") }: { track: MediaStreamTrack; label?: string }) {
  const video = useRef<HTMLVideoElement>(null);
  useVideo(video, track);
  return <video ref={video} class="room-check__video" muted playsInline aria-label={label} />;
}

/** A room's own devices; whatever the last call had switched off is on again for the next. */
export function useRoomMedia(): { local: LocalMedia; opened: boolean; state: LocalMedia["state"] } {
  const local = useMemo(() => new LocalMedia(), []);
  const [state, setState] = useState(local.state);
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    const unsubscribe = local.subscribe(() => setState(local.state));
    void local.start().finally(() => setOpened(true));
    return () => {
      unsubscribe();
      local.close();
    };
  }, [local]);
  return { local, opened, state };
}

const ExamDevices = later(() => import("./exam_devices").then((page) => page.ExamDevices));

export function RoomCheck({ onBack }: { onBack: () => void }) {
  const { local, opened, state } = useRoomMedia();
  const [playing, setPlaying] = useState(false);
  const [naming, setNaming] = useState(false);
  useFirstFocus(`${opened} ${naming}`);
  const camera = state.camera.track;
  const microphone = state.microphone.track;
  const play = async () => {
    setPlaying(true);
    await playTone(state.speakerId).catch(() => undefined);
    setPlaying(false);
  };
  if (naming) return <ExamDevices local={local} state={state} onBack={() => setNaming(false)} />;
  return (
    <main class="room-check" data-testid="kiosk-check-page">
      <header class="top">
        <h1 class="top__room">{t("checkTitle")}</h1>
        <p class={`room-check__sum ${camera && microphone ? "room-check__sum--well" : ""}`} role="status">
          {opened && <Icon of={camera && microphone ? CircleCheck : TriangleAlert} />}
          {!opened ? t("checkOpening") : camera && microphone ? t("checkAll") : t("checkSome")}
        </p>
      </header>
      <div class="room-check__middle">
        <div class="room-check__picture">{camera ? <Preview track={camera} /> : <p>{opened ? t("checkNoPicture") : t("checkOpening")}</p>}</div>
        <div class="room-check__side">
          <section class="panel-card">
            <p>{microphone || !opened ? t("checkSpeak") : t("checkNoSound")}</p>
            <Level track={microphone} />
          </section>
          <section class="panel-card">
            <p>{t("checkSpeakerText")}</p>
            <Big icon={Volume2} first testId="kiosk-tone" onClick={() => void (playing || play())}>
              {t("checkSpeaker")}
            </Big>
          </section>
          {opened && !(camera && microphone) && (
            <Big icon={RefreshCw} onClick={() => void local.retry()}>
              {t("checkAgain")}
            </Big>
          )}
          <Big icon={Microscope} testId="kiosk-exam-devices" onClick={() => setNaming(true)}>
            {t("examDevices")}
          </Big>
          <Big icon={ArrowLeft} isBack onClick={onBack}>
            {t("back")}
          </Big>
        </div>
      </div>
    </main>
  );
}
