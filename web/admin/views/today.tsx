/** The day at a glance: who is talking now, what needs a look, and each room's hours. */
import { ChevronLeft, ChevronRight, CircleCheck, Monitor, Send, TriangleAlert, Users, Video } from "lucide";
import type { Consultation, Page, Room } from "../../shared/api";
import { formatDate, formatSpan, type Language, language } from "../../shared/i18n";
import { useNow } from "../../shared/time/now";
import { dayBounds, isoDate, parseDate, shiftDay, wallOf } from "../../shared/time/zone";
import { lunarDate } from "../../shared/time/lunar";
import { EmptyState, Icon } from "../../shared/ui";
import { useData } from "../data";
import { worstLine, type LineWord } from "../lines";
import { BookButton } from "../parts/book_button";
import { Badge } from "../parts/chips";
import { DayTimeline } from "../parts/day_timeline";
import { Show, ViewHead } from "../parts/frame";
import { LineBadge } from "../parts/lines";
import { usePanel } from "../panel";
import { href, setQuery, useAddress } from "../router";
import { t } from "../words/consultation";

const refreshMs = 15_000;

function greeting(hour: number, name: string): string {
  if (hour < 11) return t("morning", { name });
  return hour < 18 ? t("afternoon", { name }) : t("evening", { name });
}

function lunarWords(day: { year: number; month: number; day: number }, in_: Language): string {
  const lunar = lunarDate(day.year, day.month, day.day);
  const leap = lunar.leap ? (in_ === "vi" ? " nhuận" : " leap") : "";
  return in_ === "vi" ? `${lunar.day}/${lunar.month}${leap} âm lịch` : `lunar ${lunar.day}/${lunar.month}${leap}`;
}

function LiveCard({ of, line }: { of: Consultation; line: LineWord | undefined }) {
  return (
    <a class="live" href={href(`/consultations/${encodeURIComponent(of.id)}`)}>
      <span class="live__dot" aria-hidden="true" />
      <span class="live__words">
        <strong>{of.title}</strong>
        <span class="small quiet-text">{[of.room?.name, of.site?.name, formatSpan(of.starts_at, of.ends_at)].filter(Boolean).join(" · ")}</span>
      </span>
      <span class="live__facts">
        <span class="fact">
          <Icon of={Users} />
          {t("livePeople", { count: of.live?.participants ?? 0 })}
        </span>
        {line && <LineBadge line={line} />}
        {of.live?.recording && (
          <Badge tone="danger" icon={Video}>
            {t("recordingNow")}
          </Badge>
        )}
      </span>
    </a>
  );
}

function NeedsLook() {
  const { api } = usePanel();
  const look = useData(
    async (signal) => {
      const [status, kiosks] = await Promise.all([api.status.get(signal), api.kiosks.list(signal)]);
      return { failed: status.deliveries.failed, waiting: status.deliveries.waiting, offline: kiosks.items.filter((k) => !k.online).length };
    },
    [],
    refreshMs,
  );
  return (
    <section class="card glance" aria-labelledby="look">
      <h2 id="look">{t("needLook")}</h2>
      <Show of={look} inline>
        {({ failed, waiting, offline }) => (
          <ul class="glance__list">
            {failed > 0 && (
              <li>
                <a class="glance__item glance__item--danger" href={href("/deliveries", { state: "failed" })}>
                  <Icon of={TriangleAlert} />
                  {t("deliveriesFailed", { count: failed })}
                </a>
              </li>
            )}
            {waiting > 0 && (
              <li>
                <a class="glance__item glance__item--attention" href={href("/deliveries", { state: "waiting" })}>
                  <Icon of={Send} />
                  {t("deliveriesWaiting", { count: waiting })}
                </a>
              </li>
            )}
            {offline > 0 && (
              <li>
                <a class="glance__item glance__item--attention" href={href("/kiosks")}>
                  <Icon of={Monitor} />
                  {t("kiosksOffline", { count: offline })}
                </a>
              </li>
            )}
            {failed + waiting + offline === 0 && (
              <li class="glance__item glance__item--ready">
                <Icon of={CircleCheck} />
                {t("needNone")}
              </li>
            )}
          </ul>
        )}
      </Show>
    </section>
  );
}

function DayPicker({ day, today }: { day: ReturnType<typeof wallOf> | NonNullable<ReturnType<typeof parseDate>>; today: string }) {
  const show = (value: string) => setQuery({ day: value === today ? "" : value });
  return (
    <div class="day-picker">
      <button type="button" class="button button--quiet button--square" onClick={() => show(isoDate(shiftDay(day, -1)))}>
        <Icon of={ChevronLeft} />
        <span class="visually-hidden">{t("previousDay")}</span>
      </button>
      <button type="button" class="button button--secondary" aria-disabled={isoDate(day) === today || undefined} onClick={() => show(today)}>
        {t("toToday")}
      </button>
      <button type="button" class="button button--quiet button--square" onClick={() => show(isoDate(shiftDay(day, 1)))}>
        <Icon of={ChevronRight} />
        <span class="visually-hidden">{t("nextDay")}</span>
      </button>
    </div>
  );
}

/** An administrator without rooms has something to do first; a doctor without consultations has not. */
function EmptyDay({ admin }: { admin: boolean }) {
  if (!admin) return <EmptyState title={t("dayEmpty")}>{t("dayEmptyText")}</EmptyState>;
  const add = (
    <a class="button button--secondary" href={href("/places")}>
      {t("addRoom")}
    </a>
  );
  return (
    <EmptyState title={t("roomsEmpty")} action={add}>
      {t("roomsEmptyText")}
    </EmptyState>
  );
}

export function Today() {
  const { api, session } = usePanel();
  const admin = session.user.role === "admin";
  const now = useNow(20_000);
  const wall = wallOf(now);
  const today = isoDate(wall);
  const address = useAddress();
  const day = parseDate(address.query.get("day") ?? "") ?? wall;
  const bounds = dayBounds(day);
  const none: Page<Room> = { items: [] };
  const planned = useData(
    async (signal) => {
      const [consultations, rooms, live, status] = await Promise.all([
        api.consultations.list({ from: bounds.from.toISOString(), to: bounds.to.toISOString(), limit: 200 }, signal),
        admin ? api.rooms.list({ limit: 200 }, signal) : none,
        api.consultations.list({ state: "open", limit: 20 }, signal),
        admin ? api.status.get(signal) : undefined,
      ]);
      const lines = new Map(status?.live.map((one) => [one.consultation, worstLine(one.participants)]));
      return { consultations: consultations.items, rooms: rooms.items, live: live.items, lines };
    },
    [isoDate(day), admin, address.query.get("booked")],
    refreshMs,
  );
  const name = [session.user.title, session.user.name || session.user.username].filter(Boolean).join(" ");
  return (
    <>
      <ViewHead
        title={greeting(wall.hour, name)}
        documentTitle={t("toToday")}
        under={`${formatDate(now)} · ${lunarWords(wall, language())}`}
        actions={admin && <BookButton />}
      />
      <div class="glances">
        <section class="card glance glance--wide" aria-labelledby="live">
          <h2 id="live">{t("liveNow")}</h2>
          <Show of={planned} inline>
            {({ live, lines }) =>
              live.length === 0 ? (
                <p class="quiet-text">{t("liveNone")}</p>
              ) : (
                <div class="lives">
                  {live.map((one) => (
                    <LiveCard key={one.id} of={one} line={lines.get(one.id)} />
                  ))}
                </div>
              )
            }
          </Show>
        </section>
        {admin && <NeedsLook />}
      </div>
      <section class="card section" aria-labelledby="rooms">
        <div class="section__head">
          <div>
            <h2 id="rooms">{t("rooms")}</h2>
            <p class="small quiet-text">
              {isoDate(day) === today ? "" : `${formatDate(bounds.from)} · `}
              {t("todayCount", { count: planned.data?.consultations.filter((c) => c.state !== "cancelled").length ?? 0 })}
              {admin && <span class="day-hint">{` · ${t("roomsUnder")}`}</span>}
            </p>
          </div>
          <DayPicker day={day} today={today} />
        </div>
        <Show of={planned}>
          {({ rooms, consultations }) =>
            rooms.length + consultations.length === 0 ? (
              <EmptyDay admin={admin} />
            ) : (
              <DayTimeline bounds={{ fromMs: bounds.from.getTime(), toMs: bounds.to.getTime() }} nowMs={now} rooms={rooms} consultations={consultations} bookable={admin} />
            )
          }
        </Show>
      </section>
    </>
  );
}
