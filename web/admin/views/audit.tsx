/** Who did what, when and from where. */
import { ScrollText } from "lucide";
import type { AuditEntry } from "../../shared/api";
import { formatDateTime } from "../../shared/i18n";
import { EmptyState } from "../../shared/ui";
import { useData, usePages } from "../data";
import { NoMatch, SearchBox, Show, ViewHead } from "../parts/frame";
import { Table, type Column } from "../parts/table";
import { usePanel } from "../panel";
import { href, useAddress } from "../router";
import { actorName, auditAction, auditObject } from "../words/audit_actions";
import { t } from "../words/directory";
import { t as panel } from "../words/panel";

function detailText(detail: unknown): string {
  if (detail === null || detail === undefined || detail === "") return "";
  if (typeof detail === "string") return detail;
  if (typeof detail !== "object") return JSON.stringify(detail);
  return Object.entries(detail)
    .map(([key, value]) => `${key}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(", ");
}

function ObjectOf({ entry, names }: { entry: AuditEntry; names: ReadonlyMap<string, string> }) {
  const { text, id, path } = auditObject(entry.object, names);
  return (
    <span class="two-lines">
      {path ? <a href={href(path)}>{text}</a> : <span>{text}</span>}
      {id && <code class="two-lines__second break">{id}</code>}
    </span>
  );
}

const columns = (names: ReadonlyMap<string, string>): Column<AuditEntry>[] => [
  { key: "at", title: t("at"), cell: (e) => <span class="numbers nowrap">{formatDateTime(e.at)}</span>, compare: (a, b) => a.at.localeCompare(b.at) },
  { key: "actor", title: t("actor"), cell: (e) => <strong class="nowrap" title={e.actor}>{actorName(e.actor, names)}</strong>, compare: (a, b) => a.actor.localeCompare(b.actor) },
  { key: "action", title: t("action"), cell: (e) => auditAction(e.action), compare: (a, b) => a.action.localeCompare(b.action) },
  { key: "object", title: t("object"), cell: (e) => <ObjectOf entry={e} names={names} /> },
  { key: "detail", title: t("detail"), cell: (e) => <span class="small break">{detailText(e.detail)}</span> },
  { key: "address", title: t("from"), cell: (e) => <span class="small numbers">{e.address}</span> },
];

export function Audit() {
  const { api } = usePanel();
  const q = useAddress().query.get("q") ?? "";
  const entries = usePages((cursor, signal) => api.audit.list({ q, limit: 100, ...(cursor ? { cursor } : {}) }, signal), [q]);
  const users = useData((signal) => api.users.list({ limit: 200 }, signal), []);
  const names = new Map((users.data?.items ?? []).map((u): [string, string] => [u.id, u.name || u.username]));
  return (
    <>
      <ViewHead title={panel("audit")} />
      <div class="filters">
        <SearchBox />
      </div>
      <Show of={entries}>
        {(items) =>
          items.length > 0 ? (
            <Table caption={panel("audit")} columns={columns(names)} rows={items} rowKey={(e) => e.id ?? `${e.at}${e.actor}${e.action}${e.object ?? ""}`} more={entries.more} />
          ) : q ? (
            <NoMatch />
          ) : (
            <EmptyState title={t("auditEmpty")} icon={ScrollText}>
              {t("auditEmptyText")}
            </EmptyState>
          )
        }
      </Show>
    </>
  );
}
