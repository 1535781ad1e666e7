/** All recordings, and the page of one. */
import { useEffect, useState } from "preact/hooks";
import { Video } from "lucide";
import type { Recording } from "../../shared/api";
import { compareText, formatDateTime, formatDuration } from "../../shared/i18n";
import { EmptyState } from "../../shared/ui";
import { useData, usePages } from "../data";
import { Show, ViewHead } from "../parts/frame";
import { RecordingBadge, recordingLength, RecordingView } from "../parts/records";
import { Table, type Column } from "../parts/table";
import { usePanel } from "../panel";
import { href } from "../router";
import { t } from "../words/records";
import { t as panel } from "../words/panel";

const titleOf = (r: Recording) => r.consultation_title || r.consultation_id;
const lengthOf = (r: Recording) => recordingLength(r) ?? 0;

const columns = (): Column<Recording>[] => [
  { key: "title", title: t("consultation"), wide: true, cell: (r) => <strong>{titleOf(r)}</strong>, compare: (a, b) => compareText(titleOf(a), titleOf(b)) },
  { key: "started", title: t("startedAt"), cell: (r) => <span class="numbers nowrap">{formatDateTime(r.started_at)}</span>, compare: (a, b) => a.started_at.localeCompare(b.started_at) },
  { key: "length", title: t("length"), numeric: true, cell: (r) => (lengthOf(r) ? formatDuration(lengthOf(r)) : "–"), compare: (a, b) => lengthOf(a) - lengthOf(b) },
  { key: "state", title: t("state"), cell: (r) => <RecordingBadge of={r} />, compare: (a, b) => a.state.localeCompare(b.state) },
];

export function Recordings() {
  const { api } = usePanel();
  const list = usePages((cursor, signal) => api.recordings.list({ limit: 50, ...(cursor ? { cursor } : {}) }, signal), [], 10_000);
  return (
    <>
      <ViewHead title={panel("recordings")} />
      <Show of={list}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState title={t("none")} icon={Video}>
              {t("noneText")}
            </EmptyState>
          ) : (
            <Table
              caption={panel("recordings")}
              columns={columns()}
              rows={items}
              rowKey={(r) => r.id}
              rowHref={(r) => href(`/recordings/${encodeURIComponent(r.id)}`)}
              more={list.more}
              data-testid="recordings"
            />
          )
        }
      </Show>
    </>
  );
}

export function RecordingPage({ id }: { id: string }) {
  const { api } = usePanel();
  const [working, setWorking] = useState(false);
  const recording = useData((signal) => api.recordings.get(id, signal), [id], working ? 3000 : 0);
  const state = recording.data?.state;
  useEffect(() => setWorking(state === "recording" || state === "rendering"), [state]);
  return (
    <Show of={recording}>
      {(one) => (
        <>
          <a class="back" href={href("/recordings")}>
            {t("backToList")}
          </a>
          <ViewHead
            title={t("recordingOf", { title: titleOf(one) })}
            under={
              <span class="row">
                <RecordingBadge of={one} />
                {formatDateTime(one.started_at)}
                <a href={href(`/consultations/${encodeURIComponent(one.consultation_id)}`)}>{t("consultation")}</a>
              </span>
            }
          />
          <section class="card section">
            <RecordingView of={one} title={titleOf(one)} />
          </section>
        </>
      )}
    </Show>
  );
}
