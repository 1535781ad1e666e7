/** The day, room by room. Blocks are links; a click on a free place books it, and so does the button above by keyboard. */
import { Radio, Video } from "lucide";
import type { Consultation, Room } from "../../shared/api";
import { formatSpan, formatTime } from "../../shared/i18n";
import { Icon } from "../../shared/ui";
import { go, href } from "../router";
import { fraction, hoursOf, lineOf, quarterAt, rowsOf, type Block, type Line, type Row } from "../timeline";
import { t } from "../words/consultation";
import { cssVars } from "./css_vars";
import { stateName } from "./words";

const percent = (f: number) => `${(f * 100).toFixed(3)}%`;

function BlockLink({ block }: { block: Block }) {
  const c = block.consultation;
  return (
    <a
      ref={cssVars({ "--left": percent(block.left), "--width": percent(block.width), "--lane": block.lane })}
      class={`slot slot--${c.state} slot--${c.kind}`}
      href={href(`/consultations/${encodeURIComponent(c.id)}`)}
      title={`${formatSpan(c.starts_at, c.ends_at)} · ${c.title}`}
    >
      <span class="slot__title">
        {c.state === "open" && <Icon of={c.live?.recording ? Video : Radio} />}
        {c.title}
      </span>
      <span class="slot__time">
        {formatSpan(c.starts_at, c.ends_at)}
        <span class="visually-hidden">, {stateName(c.state)}</span>
      </span>
    </a>
  );
}

function RoomRow({ row, line, bookable }: { row: Row; line: Line; bookable: boolean }) {
  const book = (event: MouseEvent) => {
    if (!bookable || event.target !== event.currentTarget) return;
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const start = quarterAt(line, (event.clientX - box.left) / box.width);
    go(href("/", { ...Object.fromEntries(new URLSearchParams(location.search)), book: "1", at: new Date(start).toISOString(), room: row.room?.id ?? "" }));
  };
  return (
    <li class="day__row" ref={cssVars({ "--lanes": row.lanes })}>
      <div class="day__room">
        <strong>{row.room?.name ?? t("noRoom")}</strong>
        {row.room?.site && <span class="small quiet-text">{row.room.site}</span>}
      </div>
      <div class={`day__track ${bookable ? "day__track--free" : ""}`} onClick={book}>
        {row.blocks.map((block) => (
          <BlockLink key={block.consultation.id} block={block} />
        ))}
      </div>
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

export function DayTimeline({ bounds, nowMs, rooms, consultations, bookable }: DayProps) {
  const line = lineOf(bounds, consultations, nowMs);
  const hours = hoursOf(line);
  const isToday = nowMs >= bounds.fromMs && nowMs < bounds.toMs;
  return (
    <div class="day" ref={cssVars({ "--hours": hours.length - 1, "--now-share": isToday ? fraction(line, nowMs).toFixed(5) : 0 })} data-testid="timeline">
      <div class="day__hours" aria-hidden="true">
        {hours.filter((_, index) => hours.length <= 13 || index % 2 === 0).map((hour) => (
          <span key={hour.label} ref={cssVars({ "--left": percent(hour.at) })}>
            {hour.label}:00
          </span>
        ))}
      </div>
      <ul class="day__rows">
        {rowsOf(line, rooms, consultations).map((row) => (
          <RoomRow key={row.room?.id ?? "-"} row={row} line={line} bookable={bookable} />
        ))}
      </ul>
      {isToday && (
        <div class="day__now">
          <span>{t("nowMark", { time: formatTime(nowMs) })}</span>
        </div>
      )}
    </div>
  );
}
