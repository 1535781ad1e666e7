/** Once per room: which of its cameras and microphones is which. Kept by the device, so that it may change its socket. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { ArrowLeft, Camera, Mic } from "lucide";
import { sourceName } from "../shared/call/names";
import type { LocalMedia, LocalState } from "../shared/media/local";
import { Seat } from "../shared/media/seat";
import type * as P from "../shared/protocol/messages";
import { Preview } from "./check";
import { t } from "./exam_words";
import { Big, useFirstFocus } from "./parts";

const pictures: readonly P.Source[] = ["exam", "dermatoscope", "ultrasound", "document", "room"];
const sounds: readonly P.Source[] = ["stethoscope"];

/** What a device is after another press; after the last it is nothing again. */
export function nextSource(kind: "videoinput" | "audioinput", now: P.Source | null): P.Source | null {
  const choices = kind === "videoinput" ? pictures : sounds;
  return choices[now === null ? 0 : choices.indexOf(now) + 1] ?? null;
}

type Open = { device: MediaDeviceInfo; track: MediaStreamTrack } | { device: MediaDeviceInfo; track: null };

/** The picture of the camera that was pressed last, open only while it is looked at. */
function useLook(): [Open | null, (device: MediaDeviceInfo) => void] {
  const [open, setOpen] = useState<Open | null>(null);
  useEffect(() => () => open?.track?.stop(), [open]);
  const look = (device: MediaDeviceInfo) => {
    if (open?.track && open.device.deviceId === device.deviceId) return;
    const video = { deviceId: { exact: device.deviceId }, pan: true, tilt: true, zoom: true } as MediaTrackConstraints;
    navigator.mediaDevices.getUserMedia({ video }).then(
      (stream) => setOpen({ device, track: stream.getVideoTracks()[0] ?? null } as Open),
      () => setOpen({ device, track: null }),
    );
  };
  return [open, look];
}

const turns = (track: MediaStreamTrack) => "pan" in (track.getCapabilities?.() ?? {});

export function ExamDevices({ local, state, onBack }: { local: LocalMedia; state: LocalState; onBack: () => void }) {
  const seat = useMemo(() => new Seat(local), [local]);
  const [, setRound] = useState(0);
  const [open, look] = useLook();
  useFirstFocus(state.devices.length > 0);
  const inUse = [state.camera.deviceId, state.microphone.deviceId, "default", "communications"];
  const free = (kind: MediaDeviceKind) => state.devices.filter((device) => device.kind === kind && !inUse.includes(device.deviceId));
  const devices = [...free("videoinput"), ...free("audioinput")];
  const press = (device: MediaDeviceInfo) => {
    const kind = device.kind as "videoinput" | "audioinput";
    const source = nextSource(kind, seat.knownAs(device.deviceId)?.source ?? null);
    if (source) seat.remember(device.deviceId, { source, label: sourceName(source) });
    else seat.forget(device.deviceId);
    setRound((now) => now + 1);
    if (kind === "videoinput") look(device);
  };
  return (
    <main class="room-check" data-testid="exam-devices">
      <header class="top">
        <h1 class="top__room">{t("title")}</h1>
      </header>
      <div class="room-check__middle">
        <div class="room-check__picture">
          {open?.track ? <Preview track={open.track} label={t("picture", { name: open.device.label })} /> : <p role="status">{open ? t("notOpened", { name: open.device.label }) : t("noPicture")}</p>}
        </div>
        <div class="room-check__side">
          <p>{devices.length > 0 ? t("hint") : t("none")}</p>
          {devices.map((device, index) => {
            const known = seat.knownAs(device.deviceId);
            const turning = open?.track && open.device.deviceId === device.deviceId && turns(open.track);
            return (
              <Big key={device.deviceId} icon={device.kind === "videoinput" ? Camera : Mic} kind={known ? "primary" : "secondary"} first={index === 0} testId="exam-device" onClick={() => press(device)}>
                {known ? sourceName(known.source) : t("unused")}
                <small>
                  {device.label}
                  {turning && ` · ${t("turns")}`}
                </small>
              </Big>
            );
          })}
          <Big icon={ArrowLeft} isBack first={devices.length === 0} onClick={onBack}>
            {t("back")}
          </Big>
        </div>
      </div>
    </main>
  );
}
