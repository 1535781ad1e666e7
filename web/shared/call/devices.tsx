/** Camera, microphone and speaker, before and during the call; further cameras of this seat during it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Camera, Volume2, X } from "lucide";
import type { LocalMedia, LocalState } from "../media/local";
import type { EffectState } from "../media/effects/effect";
import { canChooseSpeaker, LevelMeter, playTone } from "../media/level";
import { Seat } from "../media/seat";
import type { Problem } from "../media/problems";
import type * as P from "../protocol/messages";
import { Button, type Choice, Icon, notify, SelectField } from "../ui";
import { sourceName } from "./names";
import { t, type Word } from "./words";

function choices(devices: readonly MediaDeviceInfo[], kind: MediaDeviceKind, chosen: string): Choice[] {
  const found = devices.filter((device) => device.kind === kind).map((device, index) => ({ value: device.deviceId, label: device.label || t("deviceNumber", { number: index + 1 }) }));
  if (found.some((choice) => choice.value === chosen)) return found;
  return [{ value: chosen, label: t(found.length > 0 ? "systemDevice" : "noDevice") }, ...found];
}

export function DeviceChoice({ local, state, compact = false }: { local: LocalMedia; state: LocalState; compact?: boolean }) {
  const [testing, setTesting] = useState(false);
  const testSpeaker = async () => {
    setTesting(true);
    await playTone(state.speakerId).catch(() => notify({ text: t("speakerSilent"), kind: "attention" }));
    setTesting(false);
  };
  return (
    <div class={compact ? "devices devices--compact" : "devices"}>
      <SelectField label={t("cameraDevice")} choices={choices(state.devices, "videoinput", state.camera.deviceId)} value={state.camera.deviceId} onChoose={(id) => void local.choose("camera", id)} />
      <SelectField label={t("microphoneDevice")} choices={choices(state.devices, "audioinput", state.microphone.deviceId)} value={state.microphone.deviceId} onChoose={(id) => void local.choose("microphone", id)} />
      {!compact && (
        <div>
          <p class="small quiet-text">{t(state.microphone.on ? "microphoneLevel" : "microphoneIsOff")}</p>
          <Level track={state.microphone.on ? state.microphone.track : null} />
        </div>
      )}
      <div class="devices__speaker">
        {canChooseSpeaker() && (
          <SelectField label={t("speakerDevice")} choices={choices(state.devices, "audiooutput", state.speakerId)} value={state.speakerId} onChoose={(id) => local.chooseSpeaker(id)} />
        )}
        <Button kind="secondary" icon={Volume2} busy={testing} onClick={() => void testSpeaker()} data-testid="speaker-test">
          {t("speakerTest")}
        </Button>
      </div>
    </div>
  );
}

const meterEveryMs = 80;

/** A bar that moves with the voice. The figure goes in as a property, ten times a second, without rendering. */
export function Level({ track }: { track: MediaStreamTrack | null }) {
  const bar = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    if (!track) return;
    const meter = new LevelMeter(track);
    const timer = setInterval(() => {
      if (bar.current) bar.current.value = meter.read();
    }, meterEveryMs);
    return () => {
      clearInterval(timer);
      meter.close();
    };
  }, [track]);
  return <meter ref={bar} class="level" min={0} max={1} value={0} aria-label={t("microphoneLevel")} data-testid="level" />;
}

const effectWords = { noise: "strongNoise", blur: "blur" } as const;
const effectStates: Readonly<Record<EffectState, Word | null>> = { off: null, on: null, starting: "effectStarting", weak: "effectWeak", failed: "effectFailed" };

/** What is done to voice and picture before they are sent. Each but the first is measured on this machine before it is used. */
export function EffectChoice({ local, state }: { local: LocalMedia; state: LocalState }) {
  return (
    <div>
      <label class="row check">
        <input type="checkbox" checked={state.noiseSuppression} onChange={(event) => void local.setNoiseSuppression(event.currentTarget.checked)} />
        {t("noiseSuppression")}
      </label>
      {(["noise", "blur"] as const).map((name) => {
        const now = state.effects[name];
        const word = effectStates[now];
        return (
          <div key={name}>
            <label class="row check">
              <input
                type="checkbox"
                checked={now === "on" || now === "starting"}
                disabled={now === "starting"}
                onChange={(event) => void local.setEffect(name, event.currentTarget.checked)}
                data-testid={`effect-${name}`}
                data-state={now}
              />
              {t(effectWords[name])}
            </label>
            <p role="status" class="small quiet-text">
              {word && t(word)}
            </p>
            {now === "weak" && (
              <Button kind="secondary" class="check__anyway" onClick={() => void local.setEffect(name, true, true)} data-testid={`effect-${name}-anyway`}>
                {t("effectAnyway", { name: t(effectWords[name]) })}
              </Button>
            )}
          </div>
        );
      })}
    </div>
  );
}

const extraKinds: readonly P.Source[] = ["exam", "dermatoscope", "ultrasound", "document", "room", "stethoscope"];

/** Further sources of this seat: everybody gets one more picture, which a specialist can ask to see large, or sound. */
export function ExtraSources({ local, state, onProblem }: { local: LocalMedia; state: LocalState; onProblem: (problem: Problem) => void }) {
  const [deviceId, setDeviceId] = useState("");
  const [kind, setKind] = useState<P.Source>("exam");
  const heard = kind === "stethoscope";
  const inUse = heard ? state.microphone.deviceId : state.camera.deviceId;
  const free = state.devices.filter((device) => device.kind === (heard ? "audioinput" : "videoinput") && device.deviceId !== inUse);
  const sent = state.extras.filter((extra) => !extra.key.startsWith("screen"));
  const chosen = free.find((device) => device.deviceId === deviceId) ?? free[0];
  const add = async () => {
    if (!chosen) return;
    const label = chosen.label.slice(0, 80);
    const problem = await new Seat(local).start(kind, chosen.deviceId, label);
    if (problem) onProblem(problem);
  };
  return (
    <section class="stack" aria-label={t("addSource")}>
      <h3>{t("addSource")}</h3>
      <p class="small quiet-text">{t("addSourceHint")}</p>
      {sent.map((extra) => (
        <div key={extra.key} class="people__row">
          <Icon of={extra.track.kind === "audio" ? Volume2 : Camera} />
          <span class="people__name">{sourceName(extra.source)}</span>
          <Button kind="quiet" icon={X} onClick={() => local.removeSource(extra.key)}>
            {t("removeSource", { name: sourceName(extra.source) })}
          </Button>
        </div>
      ))}
      <SelectField label={t("sourceKind")} choices={extraKinds.map((source) => ({ value: source, label: sourceName(source) }))} value={kind} onChoose={(value) => setKind(value as P.Source)} />
      {chosen ? (
        <>
          <SelectField
            label={t(heard ? "microphoneDevice" : "cameraDevice")}
            choices={free.map((device, index) => ({ value: device.deviceId, label: device.label || t("deviceNumber", { number: index + 1 }) }))}
            value={chosen.deviceId}
            onChoose={setDeviceId}
          />
          <Button kind="secondary" icon={heard ? Volume2 : Camera} onClick={() => void add()} data-testid="add-source">
            {t("addSourceStart")}
          </Button>
        </>
      ) : (
        <p class="notice small">{t("noFreeDevice")}</p>
      )}
    </section>
  );
}
