/** All consultations: search, filters in the address, a table. */
import { CalendarPlus } from "lucide";
import type { Consultation } from "../../shared/api";
import { compareText, formatDate, formatSpan } from "../../shared/i18n";
import { EmptyState } from "../../shared/ui";
import { useData, usePages } from "../data";
import { BookButton } from "../parts/book_button";
import { StateBadge } from "../parts/chips";
import { ChipFilter, ListFilter, NoMatch, SearchBox, Show, ViewHead } from "../parts/frame";
import { Table, TwoLines, type Column } from "../parts/table";
import { choicesOf, kindName, stateName, states } from "../parts/words";
import { usePanel } from "../panel";
import { href, useAddress } from "../router";
import { inOrder } from "../site_tree";
import { t } from "../words/consultation";
import { t as panel } from "../words/panel";

const columns = (): Column<Consultation>[] => [
  { key: "title", title: t("title"), wide: true, cell: (c) => (
      <TwoLines first={<strong>{c.title}</strong>} second={kindName(c.kind)} />
    ), compare: (a, b) => compareText(a.title, b.title) },
  {
    key: "when",
    title: t("when"),
    cell: (c) => (
      <TwoLines first={<span class="numbers nowrap">{formatSpan(c.starts_at, c.ends_at)}</span>} second={<span class="numbers nowrap">{formatDate(c.starts_at)}</span>} />
    ),
    compare: (a, b) => a.starts_at.localeCompare(b.starts_at),
  },
  {
    key: "room",
    title: t("room"),
    cell: (c) => (c.room ? <TwoLines first={c.room.name} second={c.site?.name} /> : <span class="quiet-text">–</span>),
    compare: (a, b) => compareText(a.room?.name ?? "", b.room?.name ?? ""),
  },
  { key: "patient", title: t("patient"), cell: (c) => c.patient?.name ?? <span class="quiet-text">–</span>, compare: (a, b) => compareText(a.patient?.name ?? "", b.patient?.name ?? "") },
  { key: "state", title: t("state"), cell: (c) => <StateBadge state={c.state} />, compare: (a, b) => a.state.localeCompare(b.state) },
];

/** "Upcoming" and "past" as the API's from and to, steady for five minutes so that the list is not asked for anew. */
function period(which: string | null, nowMs: number): { from?: string; to?: string } {
  const steady = new Date(Math.floor(nowMs / 300_000) * 300_000).toISOString();
  if (which === "upcoming") return { from: steady };
  return which === "past" ? { to: steady } : {};
}

export function Consultations() {
  const { api, session } = usePanel();
  const admin = session.user.role === "admin";
  const { query } = useAddress();
  const [q, state, room, when] = ["q", "state", "room_id", "period"].map((key) => query.get(key) ?? "") as [string, string, string, string];
  const rooms = useData((signal) => (admin ? api.rooms.list({ limit: 200 }, signal) : Promise.resolve({ items: [] })), [admin]);
  const list = usePages(
    (cursor, signal) => api.consultations.list({ q, state, room_id: room, ...period(when, Date.now()), limit: 50, ...(cursor ? { cursor } : {}) }, signal),
    [q, state, room, when, query.get("booked")],
    30_000,
  );
  const filtered = q !== "" || state !== "" || room !== "" || when !== "";
  return (
    <>
      <ViewHead title={panel("consultations")} actions={admin && <BookButton />} />
      <div class="filters">
        <SearchBox />
        <ChipFilter label={t("state")} param="state" choices={choicesOf(states, stateName)} />
        <ListFilter
          label={t("period")}
          param="period"
          choices={[
            { value: "upcoming", label: t("upcoming") },
            { value: "past", label: t("past") },
          ]}
        />
        {admin && <ListFilter label={t("room")} param="room_id" choices={inOrder(rooms.data?.items ?? []).map((r) => ({ value: r.id, label: [r.name, r.site_name].filter(Boolean).join(" – ") }))} />}
      </div>
      <Show of={list}>
        {(items) =>
          items.length === 0 ? (
            filtered ? (
              <NoMatch />
            ) : (
              <EmptyState title={t("listEmpty")} icon={CalendarPlus} action={admin && <BookButton />}>
                {t("listEmptyText")}
              </EmptyState>
            )
          ) : (
            <Table
              caption={panel("consultations")}
              columns={columns()}
              rows={items}
              rowKey={(c) => c.id}
              rowHref={(c) => href(`/consultations/${encodeURIComponent(c.id)}`)}
              more={list.more}
              data-testid="consultations"
            />
          )
        }
      </Show>
    </>
  );
}
