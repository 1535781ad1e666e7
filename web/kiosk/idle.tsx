/** Between consultations: the time, the room, what comes next, and one button to be in it. */
import type { ComponentChildren } from "preact";
import { CircleCheck, LifeBuoy, LogIn, Radio, Siren, Stethoscope } from "lucide";
import type { Consultation, KioskRing, KioskView } from "../shared/api";
import { formatDate, formatSpan, formatTime } from "../shared/i18n";
import { countdown, type Countdown } from "../shared/time/countdown";
import { lunarDate } from "../shared/time/lunar";
import { dayBounds, wallOf } from "../shared/time/zone";
import { Icon } from "../shared/ui";
import { t as emergency } from "./emergency_words";
import { Health } from "./health";
import { Big, LanguageButton, useFirstFocus } from "./parts";
import { waitingWord } from "./ring_page";
import { listOf, type LineWord } from "./screen";
import { t } from "./words";

const mostListed = 4;

function countdownWords(left: Countdown): string {
  switch (left.phase) {
    case "later":
      return t("inDays", { days: left.days });
    case "today":
      return left.hours > 0 ? t("inHours", { hours: left.hours, minutes: left.minutes }) : t("inMinutesOnly", { minutes: left.minutes });
    case "soon":
      return left.minutes > 0 ? t("inMinutes", { minutes: left.minutes, seconds: left.seconds }) : t("inSeconds", { seconds: left.seconds });
    case "now":
      return t("startsNow");
    case "late":
      return t("late", { minutes: left.minutes });
  }
}

function Clock({ nowMs }: { nowMs: number }) {
  const wall = wallOf(nowMs);
  const lunar = lunarDate(wall.year, wall.month, wall.day);
  return (
    <div class="clock">
      <time class="clock__time numbers">{formatTime(nowMs)}</time>
      <p class="clock__date">{formatDate(nowMs)}</p>
      <p class="clock__lunar">{t("lunar", { day: lunar.day, month: lunar.month, leap: lunar.leap ? t("leap") : "" })}</p>
    </div>
  );
}

interface NextProps {
  next: Consultation;
  /** Who waits in it. */
  ring: KioskRing | undefined;
  nowMs: number;
  onJoin: () => void;
}

function Next({ next, ring, nowMs, onJoin }: NextProps) {
  const left = countdown(Date.parse(next.starts_at), nowMs, dayBounds(wallOf(nowMs)).to.getTime());
  const near = left.phase === "soon" || left.phase === "now" || left.phase === "late" || next.state === "open";
  const doctors = (next.participants ?? []).filter((p) => p.role === "specialist" || p.role === "host" || p.role === "doctor").map((p) => p.name);
  return (
    <section class={`next ${near ? "next--near" : ""}`} aria-labelledby="next">
      <div class="next__head">
        <h2 id="next">{next.state === "open" ? t("nowTitle") : t("next")}</h2>
        {next.state !== "open" && (
          <span class="next__left numbers" role="timer">
            {countdownWords(left)}
          </span>
        )}
      </div>
      <p class="next__title">{next.title}</p>
      <p class="next__facts">
        <span class="numbers">{formatSpan(next.starts_at, next.ends_at)}</span>
        {ring ? <span class="next__waits">{waitingWord(ring)}</span> : doctors.length > 0 && <span>{doctors.slice(0, 3).join(", ")}</span>}
      </p>
      <Big kind="primary" icon={LogIn} first testId="kiosk-join" onClick={onJoin}>
        {t("join")}
      </Big>
    </section>
  );
}

function Nothing() {
  return (
    <section class="next next--none">
      <Icon of={CircleCheck} />
      <p class="next__title">{t("nothing")}</p>
      <p class="next__facts">{t("nothingText")}</p>
    </section>
  );
}

function TodayList({ today, nextId, nowMs }: { today: readonly Consultation[]; nextId: string | undefined; nowMs: number }) {
  const shown = listOf(today, mostListed, nowMs);
  if (shown.length === 0) return null;
  return (
    <section class="list" aria-labelledby="today">
      <h2 id="today">{t("todayList")}</h2>
      <ul>
        {shown.map((one) => (
          <li key={one.id} class={one.state === "ended" ? "list__done" : one.id === nextId ? "list__next" : ""}>
            <span class="numbers">{formatTime(one.starts_at)}</span>
            <span class="list__title">{one.title}</span>
            <span class="list__state">
              {one.state === "ended" && t("ended")}
              {one.state === "open" && (
                <>
                  <Icon of={Radio} /> {t("running")}
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const siteOf = (view: KioskView) => (typeof view.kiosk.site === "string" ? view.kiosk.site : (view.kiosk.site?.name ?? ""));

interface IdleProps {
  view: KioskView;
  nowMs: number;
  line: LineWord;
  notice: ComponentChildren;
  onJoin: (consultation: Consultation) => void;
  onCheck: () => void;
  onHelp: () => void;
  onEmergency: () => void;
}

export function Idle({ view, nowMs, line, notice, onJoin, onCheck, onHelp, onEmergency }: IdleProps) {
  const { next } = view;
  useFirstFocus(next?.id);
  return (
    <main class="idle" data-testid="kiosk-idle">
      <header class="top">
        <div>
          <h1 class="top__room">{view.kiosk.room.name}</h1>
          {siteOf(view) && <p class="top__site">{siteOf(view)}</p>}
        </div>
        <LanguageButton />
      </header>
      {notice}
      <div class="idle__middle">
        <div class="idle__left">
          <Clock nowMs={nowMs} />
          <TodayList today={view.today ?? []} nextId={next?.id} nowMs={nowMs} />
        </div>
        <div class="idle__right">
          {next ? <Next next={next} ring={view.rings?.find((one) => one.consultation_id === next.id)} nowMs={nowMs} onJoin={() => onJoin(next)} /> : <Nothing />}
          <div class="idle__buttons">
            <Big icon={Stethoscope} testId="kiosk-check" first={!next} onClick={onCheck}>
              {t("check")}
            </Big>
            <Big icon={LifeBuoy} testId="kiosk-help" onClick={onHelp}>
              {t("help")}
            </Big>
            <Big kind="danger" icon={Siren} testId="kiosk-emergency" onClick={onEmergency}>
              {emergency("call")}
            </Big>
          </div>
        </div>
      </div>
      <Health line={line} />
    </main>
  );
}
