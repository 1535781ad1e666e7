/** Somebody waits for the room: who, what for, and two keys. */
import { useEffect, useState } from "preact/hooks";
import { Clock, PhoneCall, Siren, VolumeX } from "lucide";
import type { KioskRing } from "../shared/api";
import { minutesSeconds, secondsLeft } from "../shared/time/countdown";
import { Icon, notify } from "../shared/ui";
import { useRing } from "../shared/ui/ring";
import { Big, LanguageButton, useFirstFocus } from "./parts";
import { t } from "./ring_words";
import { paceOf } from "./rung";

/** Who has just pressed a key meant the page that was there. */
const settlesMs = 800;

/** The first who came, for a line that says that somebody waits. */
export function waitingWord({ doctors }: KioskRing): string {
  const [first] = doctors;
  return first ? t("waiting", { name: first.name }) : t("nobodyYet");
}

/** Into a running consultation it never rings. A word, with a name at most: the patient beside reads it too. */
export function useWordOfWaiting(call: KioskRing | null | undefined): void {
  useEffect(() => {
    if (!call) return;
    const [first] = call.doctors;
    const urgent = call.kind === "emergency";
    notify({ text: urgent || !first ? t("elsewhereEmergency") : t("elsewhere", { name: first.name }), kind: urgent ? "danger" : "plain" });
  }, [call?.consultation_id, call?.since]);
}

function Who({ call }: { call: KioskRing }) {
  const more = call.doctors.length - 1;
  const places = [...new Set(call.doctors.map((doctor) => doctor.place).filter(Boolean))];
  return (
    <>
      <h1 class="ring__who" id="ring-who">
        {waitingWord(call)} {more > 0 && <span class="ring__more">{t("more", { count: more })}</span>}
      </h1>
      {places.length > 0 && <p class="ring__place">{places.join(" · ")}</p>}
      <p class="ring__what" id="ring-what">
        {call.title}
      </p>
    </>
  );
}

interface RingPageProps {
  call: KioskRing;
  nowMs: number;
  untilMs: number;
  onAnswer: () => void;
  onLater: () => void;
}

export function RingPage({ call, nowMs, untilMs, onAnswer, onLater }: RingPageProps) {
  const [settled, setSettled] = useState(false);
  const blocked = useRing(true, paceOf(call).ringsMs / 1000, "room");
  const later = () => {
    notify({ text: t("putOff") });
    onLater();
  };
  const meant = (deed: () => void) => () => settled && deed();
  useFirstFocus(call.consultation_id);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), settlesMs);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    const { title } = document;
    document.title = `☎ ${waitingWord(call)}`;
    return () => {
      document.title = title;
    };
  }, [call.since]);
  const urgent = call.kind === "emergency";
  return (
    <main class="ring" data-testid="kiosk-ring" data-settled={settled}>
      <header class="top">
        <p class={`ring__kind ${urgent ? "ring__kind--urgent" : ""}`}>
          <Icon of={urgent ? Siren : PhoneCall} />
          {t(urgent ? "emergency" : "calls")}
        </p>
        <LanguageButton />
      </header>
      <div class="ring__middle" role="alertdialog" aria-labelledby="ring-who" aria-describedby="ring-what">
        <Who call={call} />
        {blocked && (
          <p class="notice notice--attention" role="status" data-testid="ring-blocked">
            <Icon of={VolumeX} />
            {t("blocked")}
          </p>
        )}
        <div class="ring__buttons">
          <Big kind={urgent ? "danger" : "primary"} icon={PhoneCall} first testId="ring-answer" onClick={meant(onAnswer)}>
            {t("answer")}
          </Big>
          <Big icon={Clock} isBack testId="ring-later" onClick={meant(later)}>
            {t("later")}
          </Big>
        </div>
      </div>
      <p class="ring__stops numbers" role="timer">
        {t("stops", { time: minutesSeconds(secondsLeft(untilMs, nowMs)) })}
      </p>
    </main>
  );
}
