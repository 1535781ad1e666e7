/** What goes to the EMR and to subscribed systems: how it stands, why it failed, and sending again. */
import { FileCheck2 } from "lucide";
import type { Delivery } from "../../shared/api";
import { formatDay, formatTime } from "../../shared/i18n";
import { EmptyState } from "../../shared/ui";
import { usePages } from "../data";
import { ChipFilter, ListFilter, NoMatch, Show, ViewHead } from "../parts/frame";
import { DeliveryBadge, deliveryKind, DeliveryResult, deliveryStateName, eventName, RetryButton } from "../parts/records";
import { Table, TwoLines, type Column } from "../parts/table";
import { choicesOf } from "../parts/words";
import { usePanel } from "../panel";
import { href, useAddress } from "../router";
import { t } from "../words/records";
import { t as panel } from "../words/panel";

const what = (withConsultation: boolean): Column<Delivery> => ({
  key: "what",
  title: t("what"),
  wide: true,
  cell: (d) => (
    <span class="stack stack--none">
      <strong>{eventName(d.event)}</strong>
      <span class="small quiet-text">
        {deliveryKind(d.kind)}
        {withConsultation && d.consultation_id && (
          <>
            {" · "}
            <a href={href(`/consultations/${encodeURIComponent(d.consultation_id)}`)}>{d.consultation_title ?? t("consultation")}</a>
          </>
        )}
      </span>
      {withConsultation && <span class="small quiet-text break">{d.target}</span>}
    </span>
  ),
});

const state = (): Column<Delivery> => ({
  key: "state",
  title: t("state"),
  wide: true,
  cell: (d) => (
    <span class="stack stack--tight result">
      <DeliveryBadge state={d.state} />
      <DeliveryResult of={d} />
    </span>
  ),
});

const times = (): Column<Delivery>[] => [
  {
    key: "created",
    title: t("created"),
    cell: (d) => <TwoLines first={<span class="numbers nowrap">{formatTime(d.created_at)}</span>} second={<span class="numbers nowrap">{formatDay(d.created_at)}</span>} />,
    compare: (a, b) => a.created_at.localeCompare(b.created_at),
  },
  { key: "attempts", title: t("attempts"), numeric: true, cell: (d) => d.attempts, compare: (a, b) => a.attempts - b.attempts },
];

/** Of one consultation: what, how it stands, and again; the list of all tells when, how often and where to besides. */
export const deliveryColumns = (reload: () => void, withConsultation: boolean): Column<Delivery>[] => [
  what(withConsultation),
  state(),
  ...(withConsultation ? times() : []),
  { key: "retry", title: panel("actions"), acts: true, cell: (d) => (d.state === "delivering" ? null : <RetryButton of={d} onDone={reload} />) },
];

export function Deliveries() {
  const { api } = usePanel();
  const { query } = useAddress();
  const state = query.get("state") ?? "";
  const kind = query.get("kind") ?? "";
  const list = usePages((cursor, signal) => api.deliveries.list({ state, kind, limit: 50, ...(cursor ? { cursor } : {}) }, signal), [state, kind], 10_000);
  return (
    <>
      <ViewHead title={panel("deliveries")} />
      <div class="filters">
        <ChipFilter label={t("state")} param="state" choices={choicesOf(["waiting", "delivering", "delivered", "failed"] as const, deliveryStateName)} />
        <ListFilter label={t("what")} param="kind" choices={choicesOf(["fhir", "dicom", "webhook"] as const, deliveryKind)} />
      </div>
      <Show of={list}>
        {(items) =>
          items.length > 0 ? (
            <Table caption={panel("deliveries")} columns={deliveryColumns(list.reload, true)} rows={items} rowKey={(d) => d.id} more={list.more} data-testid="deliveries" />
          ) : state || kind ? (
            <NoMatch />
          ) : (
            <EmptyState title={t("deliveriesNone")} icon={FileCheck2}>
              {t("deliveriesNoneText")}
            </EmptyState>
          )
        }
      </Show>
    </>
  );
}
