/** How the system is: its version, its media workers, what runs, what waits. */
import { useState } from "preact/hooks";
import type { SystemStatus, WorkerStatus } from "../../shared/api";
import { formatNumber } from "../../shared/i18n";
import { Button, notify } from "../../shared/ui";
import { useData } from "../data";
import { Badge } from "../parts/chips";
import { Confirm } from "../parts/form";
import { Facts, Section, Show, ViewHead } from "../parts/frame";
import { Table, type Column } from "../parts/table";
import { usePanel } from "../panel";
import { href } from "../router";
import { t } from "../words/directory";
import { t as panel } from "../words/panel";

const workerLook = {
  starting: ["accent", "workerStarting"],
  running: ["ready", "workerRunning"],
  waiting: ["danger", "workerDown"],
  draining: ["attention", "workerDraining"],
  stopping: ["attention", "workerDown"],
} as const;

function WorkerBadge({ state }: { state: WorkerStatus["state"] }) {
  const [tone, word] = workerLook[state] ?? workerLook.waiting;
  return <Badge tone={tone}>{t(word)}</Badge>;
}

const number = (value: number | undefined) => (value === undefined ? "–" : formatNumber(value));
const share = (permille: number | undefined) => (permille === undefined ? "–" : `${formatNumber(permille / 10, 1)} %`);

const columns = (drain: (worker: WorkerStatus) => void): Column<WorkerStatus>[] => [
  { key: "worker", title: t("worker"), cell: (w) => <strong>{w.worker}</strong> },
  { key: "state", title: t("state"), wide: true, cell: (w) => <WorkerBadge state={w.state} /> },
  { key: "pid", title: t("pid"), numeric: true, cell: (w) => w.pid ?? "–" },
  { key: "load", title: t("load"), numeric: true, cell: (w) => share(w.cpu_permille) },
  { key: "rooms", title: t("roomsCount"), numeric: true, cell: (w) => number(w.rooms) },
  { key: "transports", title: t("transports"), numeric: true, cell: (w) => number(w.transports) },
  {
    key: "actions",
    title: panel("actions"),
    acts: true,
    cell: (w) => (
      <Button kind="secondary" onClick={() => drain(w)}>
        {t("drain")}
      </Button>
    ),
  },
];

type Live = SystemStatus["live"][number];
const liveColumns = (): Column<Live>[] => [
  { key: "title", title: t("liveTitle"), wide: true, cell: (l) => <strong>{l.title}</strong> },
  { key: "people", title: t("people"), numeric: true, cell: (l) => l.participants.length },
  { key: "recording", title: panel("recordings"), cell: (l) => (l.recording.state === "on" ? <Badge tone="danger">{panel("recordings")}</Badge> : "–") },
];

export function Status() {
  const { api } = usePanel();
  const status = useData((signal) => api.status.get(signal), [], 5000);
  const [draining, setDraining] = useState<WorkerStatus | null>(null);
  return (
    <>
      <ViewHead title={panel("status")} />
      <Show of={status}>
        {(now) => (
          <div class="stack">
            <section class="card section">
              <Facts
                of={[
                  [t("version"), now.version],
                  [t("emr"), now.emr_configured === false ? t("emrNone") : t("emrSet")],
                  [t("pacs"), now.pacs_configured ? t("emrSet") : t("pacsNone")],
                  [t("scanner"), now.scanner_configured === false ? t("scannerNone") : t("emrSet")],
                  [
                    t("deliveries"),
                    <a key="deliveries" href={href("/deliveries")}>
                      {t("deliveriesLine", { waiting: now.deliveries.waiting, failed: now.deliveries.failed })}
                    </a>,
                  ],
                ]}
              />
            </section>
            <Section title={t("workers")}>
              <Table caption={t("workers")} columns={columns(setDraining)} rows={now.workers} rowKey={(w) => String(w.worker)} />
            </Section>
            <Section title={t("liveTitle")}>
              {now.live.length === 0 ? (
                <p class="quiet-text">{t("liveNone")}</p>
              ) : (
                <Table caption={t("liveTitle")} columns={liveColumns()} rows={now.live} rowKey={(l) => l.consultation} rowHref={(l) => href(`/consultations/${encodeURIComponent(l.consultation)}`)} />
              )}
            </Section>
          </div>
        )}
      </Show>
      {draining && (
        <Confirm
          title={t("drainTitle", { worker: draining.worker })}
          submit={t("drain")}
          onClose={() => setDraining(null)}
          onConfirm={async () => {
            await api.status.drain(draining.worker);
            notify({ text: t("drained", { worker: draining.worker }) });
            status.reload();
          }}
        >
          <p>{t("drainText")}</p>
        </Confirm>
      )}
    </>
  );
}
