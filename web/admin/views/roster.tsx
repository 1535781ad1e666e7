/** The on-call roster, a week at a time: who is on call now, each day's shifts, and the hours in which nobody is. */
import { useState } from "preact/hooks";
import { ChevronLeft, ChevronRight, PhoneCall, Pencil, Plus, TriangleAlert, X } from "lucide";
import type { Shift } from "../../shared/api";
import { RingSetup } from "../../shared/emergency/setup";
import { formatDate, formatDay, formatSpan, formatTime } from "../../shared/i18n";
import { useNow } from "../../shared/time/now";
import { isoDate, parseDate, shiftDay, wallOf } from "../../shared/time/zone";
import { Button, Icon } from "../../shared/ui";
import { useData } from "../data";
import { Confirm } from "../parts/form";
import { Show, ViewHead } from "../parts/frame";
import { ShiftDialog } from "../parts/shift_dialog";
import { usePanel } from "../panel";
import { boundsOf, gapsOf, onCallAt, weekOf, within, type Between, type Day } from "../roster";
import { setQuery, useAddress } from "../router";
import { t as panel } from "../words/panel";
import { t } from "../words/roster";

const refreshMs = 15_000;
type Asking = { what: "add"; day: Day } | { what: "edit" | "remove"; shift: Shift } | null;

const nameOf = (shift: Shift) => [shift.user_title, shift.user_name].filter(Boolean).join(" ");
const aboutOf = (shift: Shift) => [shift.specialty, shift.site_name ?? t("allSites")].filter(Boolean).join(" · ");

function OnCallNow({ shifts, nowMs }: { shifts: readonly Shift[]; nowMs: number }) {
  const there = onCallAt(shifts, nowMs);
  return (
    <section class="card section" aria-labelledby="on-call" data-testid="on-call-now">
      <h2 id="on-call">{t("onCallNow")}</h2>
      {there.length === 0 && (
        <p class="notice notice--attention">
          <Icon of={TriangleAlert} />
          <span>
            <strong>{t("nobodyNow")}</strong> {t("nobodyNowText")}
          </span>
        </p>
      )}
      <ul class="on-call">
        {there.map((shift) => (
          <li key={shift.id} class="on-call__person">
            <Icon of={PhoneCall} />
            <span class="two-lines">
              <strong>{nameOf(shift)}</strong>
              <span class="two-lines__second">
                {aboutOf(shift)} · {formatSpan(shift.starts_at, shift.ends_at)}
              </span>
            </span>
          </li>
        ))}
      </ul>
      <RingSetup />
    </section>
  );
}

/** "19:00 – 24:00": the end of a day is not the beginning of the same. */
const hours = (at: Between, day: Between) => `${formatTime(at.fromMs)} – ${at.toMs === day.toMs ? "24:00" : formatTime(at.toMs)}`;

function DayCard({ day, shifts, today, ask }: { day: Day; shifts: readonly Shift[]; today: boolean; ask?: ((what: Asking) => void) | undefined }) {
  const bounds = boundsOf(day);
  const lines = [
    ...within(shifts, bounds).map(({ shift, at }) => ({ at, shift })),
    ...gapsOf(shifts, bounds).map((at) => ({ at, shift: undefined })),
  ].sort((a, b) => a.at.fromMs - b.at.fromMs);
  return (
    <section class={`card duty ${today ? "duty--today" : ""}`} aria-labelledby={`day-${isoDate(day)}`}>
      <div class="section__head">
        <h2 id={`day-${isoDate(day)}`} class="duty__day">
          {formatDate(bounds.fromMs)}
        </h2>
        {ask && (
          <Button kind="quiet" square icon={Plus} onClick={() => ask({ what: "add", day })}>
            {t("addOn", { day: formatDate(bounds.fromMs) })}
          </Button>
        )}
      </div>
      <ul class="duty__list">
        {lines.map(({ at, shift }) => (
          <li key={`${shift?.id ?? "gap"}-${at.fromMs}`} class={`duty__line ${shift ? "" : "duty__line--gap"}`}>
            <span class="numbers nowrap">{hours(at, bounds)}</span>
            {shift ? (
              <span class="two-lines duty__who">
                <strong>{nameOf(shift)}</strong>
                <span class="two-lines__second">{aboutOf(shift)}</span>
              </span>
            ) : (
              <span class="duty__who">{t("gap")}</span>
            )}
            {shift && ask && (
              <span class="row duty__acts">
                <Button kind="quiet" square icon={Pencil} onClick={() => ask({ what: "edit", shift })}>
                  {t("edit", { name: nameOf(shift) })}
                </Button>
                <Button kind="quiet" square icon={X} onClick={() => ask({ what: "remove", shift })}>
                  {t("remove", { name: nameOf(shift) })}
                </Button>
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function WeekPicker({ week, today }: { week: readonly Day[]; today: Day }) {
  const monday = week[0]!;
  const show = (day: Day) => setQuery({ week: isoDate(weekOf(day)[0]!) === isoDate(weekOf(today)[0]!) ? "" : isoDate(day) });
  return (
    <div class="day-picker">
      <Button kind="quiet" square icon={ChevronLeft} onClick={() => show(shiftDay(monday, -7))}>
        {t("previousWeek")}
      </Button>
      <Button kind="secondary" onClick={() => show(today)}>
        {t("thisWeek")}
      </Button>
      <Button kind="quiet" square icon={ChevronRight} onClick={() => show(shiftDay(monday, 7))} data-testid="next-week">
        {t("nextWeek")}
      </Button>
    </div>
  );
}

export function Roster() {
  const { api, session } = usePanel();
  const admin = session.user.role === "admin";
  const nowMs = useNow(20_000);
  const today = wallOf(nowMs);
  const address = useAddress();
  const week = weekOf(parseDate(address.query.get("week") ?? "") ?? today);
  const from = boundsOf(week[0]!).fromMs;
  const to = boundsOf(week[6]!).toMs;
  const [asking, setAsking] = useState<Asking>(null);
  const between = (fromMs: number, toMs: number, signal: AbortSignal) => api.shifts.list({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), limit: 500 }, signal);
  const shifts = useData(
    async (signal) => {
      const [shown, now] = await Promise.all([between(from, to, signal), between(Date.now(), Date.now() + 60_000, signal)]);
      return { shown: shown.items, now: now.items };
    },
    [from],
    refreshMs,
  );
  const close = () => setAsking(null);
  return (
    <>
      <ViewHead
        title={panel("roster")}
        under={t("under")}
        actions={
          admin && (
            <Button kind="primary" icon={Plus} onClick={() => setAsking({ what: "add", day: today })} data-testid="add-shift">
              {t("add")}
            </Button>
          )
        }
      />
      <Show of={shifts}>
        {({ shown, now }) => (
          <>
            <OnCallNow shifts={now} nowMs={nowMs} />
            <div class="section__head duty__week">
              <h2 class="numbers">{t("week", { from: formatDay(from), to: formatDay(to - 1) })}</h2>
              <WeekPicker week={week} today={today} />
            </div>
            <div class="duties" data-testid="duties">
              {week.map((day) => (
                <DayCard key={isoDate(day)} day={day} shifts={shown} today={isoDate(day) === isoDate(today)} ask={admin ? setAsking : undefined} />
              ))}
            </div>
          </>
        )}
      </Show>
      {(asking?.what === "add" || asking?.what === "edit") && (
        <ShiftDialog shift={asking.what === "edit" ? asking.shift : undefined} day={asking.what === "add" ? asking.day : today} onClose={close} onDone={shifts.reload} />
      )}
      {asking?.what === "remove" && (
        <Confirm
          title={t("removeTitle", { name: nameOf(asking.shift) })}
          submit={panel("remove")}
          onClose={close}
          onConfirm={async () => {
            await api.shifts.remove(asking.shift.id);
            shifts.reload();
          }}
        >
          <p>{t("removeText", { span: formatSpan(asking.shift.starts_at, asking.shift.ends_at) })}</p>
        </Confirm>
      )}
    </>
  );
}
