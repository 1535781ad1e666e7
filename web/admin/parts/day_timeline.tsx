/** The day, a column for each room. Blocks are links; a click on a free place books it, and so does the button above by keyboard. */
import { Radio, Video } from "lucide";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Consultation, Room } from "../../shared/api";
import { formatTime } from "../../shared/i18n";
import { Icon } from "../../shared/ui";
import { go, href } from "../router";
import { columnsOf, fraction, hourRem, hoursOf, lineOf, quarterAt, type Block, type Column, type Line } from "../timeline";
import { t } from "../words/consultation";
import { cssVars } from "./css_vars";
import { stateName } from "./words";

const percent = (f: number) => `${(f * 100).toFixed(3)}%`;
/** A line of a block's text and the frame around it, as the style sheet has them. */
const textRem = 1.1875;
const frameRem = 0.25;
/** An hour so close to now is not written: now is. */
const nowRem = 1;

/** Whom it is about, and who sees them. */
const who = (c: Consultation) => [c.patient?.name, ...c.participants.filter((one) => one.role !== "patient").map((one) => one.name)].filter(Boolean).join(", ");

function BlockLink({ block, trackRem }: { block: Block; trackRem: number }) {
  const c = block.consultation;
  const lines = Math.max(1, Math.floor((block.height * trackRem - frameRem) / textRem));
  return (
    <a
      ref={cssVars({ "--top": percent(block.top), "--height": percent(block.height), "--lane": block.lane, "--of": block.of, "--lines": lines })}
      class={`slot slot--${c.state} slot--${c.kind}`}
      href={href(`/consultations/${encodeURIComponent(c.id)}`)}
    >
      <span class="slot__text">
        {c.state === "open" && <Icon of={c.live?.recording ? Video : Radio} />}
        <strong>
          {formatTime(c.starts_at)} {c.title}
        </strong>
        {[t("until", { time: formatTime(c.ends_at) }), c.state !== "booked" && stateName(c.state), who(c)].filter(Boolean).map((word) => ` · ${word}`)}
      </span>
    </a>
  );
}

function RoomColumn({ column, line, trackRem, bookable }: { column: Column; line: Line; trackRem: number; bookable: boolean }) {
  const book = (event: MouseEvent) => {
    if (!bookable || event.target !== event.currentTarget) return;
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const start = quarterAt(line, (event.clientY - box.top) / box.height);
    go(href("/", { ...Object.fromEntries(new URLSearchParams(location.search)), book: "1", at: new Date(start).toISOString(), room: column.room?.id ?? "" }));
  };
  return (
    <li class="day__room">
      <div class="day__name">
        <h3>{column.room?.name ?? t("noRoom")}</h3>
        {column.room?.site && <span class="small quiet-text">{column.room.site}</span>}
        {column.blocks.length === 0 && <span class="day__free small quiet-text visually-hidden">{t("roomFree")}</span>}
      </div>
      <ul class={`day__track ${bookable ? "day__track--free" : ""}`} onClick={book}>
        {column.blocks.map((block) => (
          <li key={block.consultation.id}>
            <BlockLink block={block} trackRem={trackRem} />
          </li>
        ))}
      </ul>
    </li>
  );
}

interface DayProps {
  bounds: Line;
  nowMs: number;
  rooms: readonly Room[];
  consultations: readonly Consultation[];
  bookable: boolean;
}

/** What one looks for first: now, with an hour before it, or another day's first consultation. */
function useFirstSight(at: number, day: number, hours: number) {
  const frame = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const track = frame.current?.querySelector<HTMLElement>(".day__track");
    if (frame.current && track) frame.current.scrollTop = at * track.offsetHeight - Math.min(track.offsetHeight / hours, frame.current.clientHeight / 4);
  }, [day]);
  return frame;
}

export function DayTimeline({ bounds, nowMs, rooms, consultations, bookable }: DayProps) {
  const line = lineOf(bounds, consultations, nowMs);
  const hours = hoursOf(line);
  const hour = hourRem(consultations);
  const trackRem = hour * (hours.length - 1);
  const columns = columnsOf(line, hour, rooms, consultations);
  const isToday = nowMs >= bounds.fromMs && nowMs < bounds.toMs;
  const now = fraction(line, nowMs);
  const first = isToday ? nowMs : Math.min(line.toMs, ...consultations.map((c) => Date.parse(c.starts_at)));
  const frame = useFirstSight(fraction(line, first), bounds.fromMs, hours.length - 1);
  const sizes = cssVars({ "--rooms": columns.length, "--hours": hours.length - 1, "--hour": `${hour}rem`, "--now": percent(now) });
  return (
    <div
      class="day"
      ref={(element) => {
        frame.current = element;
        sizes(element);
      }}
      role="region"
      aria-label={t("dayHours")}
      tabIndex={0}
      data-testid="timeline"
    >
      <div class="day__hours" aria-hidden="true">
        <div class="day__corner" />
        <div class="day__scale">
          {hours.filter(({ at }) => !isToday || Math.abs(at - now) * trackRem > nowRem).map(({ at, label }) => (
            <span key={label} class="day__hour" ref={cssVars({ "--top": percent(at) })}>
              {label}:00
            </span>
          ))}
          {isToday && <span class="day__time">{formatTime(nowMs)}</span>}
        </div>
      </div>
      <ul class="day__rooms">
        {columns.map((column) => (
          <RoomColumn key={column.room?.id ?? "-"} column={column} line={line} trackRem={trackRem} bookable={bookable} />
        ))}
      </ul>
      {isToday && (
        <div class="day__now">
          <span class="visually-hidden">{t("nowMark", { time: formatTime(nowMs) })}</span>
        </div>
      )}
    </div>
  );
}
