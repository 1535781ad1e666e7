/** Recordings and deliveries as they stand in lists and on the page of a consultation. */
import { useRef, useState } from "preact/hooks";
import { ClipboardCopy, Download, Play } from "lucide";
import type { Delivery, Recording, RecordingFile, RecordingGap, RecordingTrack } from "../../shared/api";
import { sourceName } from "../../shared/call/names";
import { formatBytes, formatDateTime, formatDuration } from "../../shared/i18n";
import { Button, Icon, notify } from "../../shared/ui";
import { deliveryFault, type DeliveryFault } from "../delivery_fault";
import { usePanel } from "../panel";
import { t } from "../words/records";
import { Badge } from "./chips";
import { cssVars } from "./css_vars";
import { copyText } from "./form";

export function RecordingBadge({ of }: { of: Recording }) {
  if (of.state === "recording") return <Badge tone="danger">{t("stateRecording")}</Badge>;
  if (of.state === "rendering") return <Badge tone="accent">{t("stateRendering", { percent: Math.round(of.progress ?? 0) })}</Badge>;
  return of.state === "ready" ? <Badge tone="ready">{t("stateReady")}</Badge> : <Badge tone="danger">{t("stateFailed")}</Badge>;
}

export function recordingLength(of: Recording): number | null {
  const composed = of.files?.find((file) => file.kind === "composed")?.duration_ms;
  if (composed) return composed;
  return of.ended_at ? Date.parse(of.ended_at) - Date.parse(of.started_at) : null;
}

const kindWord = { composed: "kindComposed", track: "kindTrack", poster: "kindPoster", manifest: "kindManifest", still: "kindStill" } as const;

/** As hoichan-render names them (media/render/gaps.c), and the worker (a gap event's cause). */
const causeWord: Record<string, Parameters<typeof t>[0]> = {
  "withdrawn-consent": "causeConsent",
  "side-talk": "causeSideTalk",
  "publisher-left": "causeLeft",
  mute: "causeMuted",
  "journal-damaged": "causeCut",
  "disk-stalled": "causeDisk",
  "worker-death": "causeWorker",
  "worker-change": "causeWorker",
  connection: "causeConnection",
  loss: "causePublisherLoss",
  paused: "causePaused",
  "no-key-frame": "causeNoPicture",
};
const causeName = (cause: string) => (causeWord[cause] ? t(causeWord[cause]) : cause);

/** "Mặt – BS. Lan": what people call a source; its track is a random name. */
const trackName = (track: RecordingTrack | undefined) => [track && sourceName(track.source), track?.participant].filter(Boolean).join(" – ");

function Gaps({ of, lengthMs, onGo }: { of: Recording; lengthMs: number; onGo: (ms: number) => void }) {
  const gaps: readonly RecordingGap[] = of.gaps ?? [];
  const whose = (gap: RecordingGap) => trackName(of.tracks?.find((track) => track.track === gap.track)) || t("sourceUnknown");
  if (gaps.length === 0) return <p class="small quiet-text">{t("gapsNone")}</p>;
  return (
    <div class="gaps">
      <h3>{t("gaps")}</h3>
      <div class="gaps__bar" aria-hidden="true">
        {gaps.map((gap) => (
          <span
            key={`${gap.track}-${gap.from_ms}`}
            ref={cssVars({ "--left": `${(100 * gap.from_ms) / lengthMs}%`, "--width": `${Math.max(0.4, (100 * (gap.to_ms - gap.from_ms)) / lengthMs)}%` })}
          />
        ))}
      </div>
      <ul class="gaps__list">
        {gaps.map((gap) => (
          <li key={`${gap.track}-${gap.from_ms}`}>
            <span class="numbers">{t("gapLine", { from: formatDuration(gap.from_ms), to: formatDuration(gap.to_ms), cause: causeName(gap.cause), track: whose(gap) })}</span>
            <Button kind="quiet" icon={Play} onClick={() => onGo(Math.max(0, gap.from_ms - 2000))}>
              {t("gapGo", { time: formatDuration(Math.max(0, gap.from_ms - 2000)) })}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function FileRow({ file, url, whose }: { file: RecordingFile; url: string; whose: string }) {
  return (
    <tr>
      <td>
        <a class="file" href={url} download={file.name}>
          <Icon of={Download} />
          <span class="two-lines">
            <strong>{whose || t(kindWord[file.kind] ?? "kindTrack")}</strong>
            <span class="two-lines__second break">{file.name}</span>
          </span>
        </a>
      </td>
      <td class="table__number" data-title={t("length")}>
        {file.duration_ms ? formatDuration(file.duration_ms) : "–"}
      </td>
      <td class="table__number nowrap" data-title={t("size")}>
        {formatBytes(file.size)}
      </td>
      <td data-title={t("hash")}>
        <span class="hash">
          <code title={file.sha256}>{file.sha256.slice(0, 12)}…</code>
          <button type="button" class="icon-button" onClick={() => void copyText(file.sha256)}>
            <Icon of={ClipboardCopy} />
            <span class="visually-hidden">{t("copyHash", { name: file.name })}</span>
          </button>
        </span>
      </td>
    </tr>
  );
}

function Files({ of }: { of: Recording }) {
  const { api } = usePanel();
  return (
    <div class="table-frame">
      <table class="table table--small table--stacks">
        <caption class="visually-hidden">{t("files")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("fileName")}</th>
            <th scope="col" class="table__number">
              {t("length")}
            </th>
            <th scope="col" class="table__number">
              {t("size")}
            </th>
            <th scope="col">{t("hash")}</th>
          </tr>
        </thead>
        <tbody>
          {(of.files ?? []).map((file) => (
            <FileRow
              key={file.name}
              file={file}
              url={api.recordings.fileUrl(of.id, file.name)}
              whose={trackName(of.tracks?.find((track) => track.file === file.name))}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The player with what is missing marked, and every file with its hash. */
export function RecordingView({ of, title }: { of: Recording; title: string }) {
  const { api } = usePanel();
  const video = useRef<HTMLVideoElement>(null);
  const composed = of.files?.find((file) => file.kind === "composed");
  const poster = of.files?.find((file) => file.kind === "poster");
  const lengthMs = recordingLength(of) ?? 1;
  const goTo = (ms: number) => {
    if (!video.current) return;
    video.current.currentTime = ms / 1000;
    void video.current.play();
  };
  return (
    <div class="stack" data-testid="recording" data-state={of.state}>
      {of.state === "recording" && <p class="notice">{t("stillWorking")}</p>}
      {of.state === "rendering" && (
        <div class="notice">
          <div class="stack stack--tight grow">
            <span>{t("rendering")}</span>
            <progress class="progress" max={100} value={of.progress ?? 0} aria-label={t("stateRendering", { percent: Math.round(of.progress ?? 0) })} />
          </div>
        </div>
      )}
      {of.state === "failed" && <p class="notice notice--danger">{of.error || t("failed")}</p>}
      {composed && (
        <video
          ref={video}
          class="player"
          controls
          preload="metadata"
          aria-label={t("playerLabel", { title })}
          src={api.recordings.fileUrl(of.id, composed.name)}
          {...(poster ? { poster: api.recordings.fileUrl(of.id, poster.name) } : {})}
          data-testid="player"
        />
      )}
      {composed && <Gaps of={of} lengthMs={lengthMs} onGo={goTo} />}
      {(of.files?.length ?? 0) > 0 && <Files of={of} />}
    </div>
  );
}

const deliveryLook = {
  waiting: ["attention", "deliveryWaiting"],
  delivering: ["accent", "deliveryDelivering"],
  delivered: ["ready", "deliveryDelivered"],
  failed: ["danger", "deliveryFailed"],
} as const;

export function DeliveryBadge({ state }: { state: Delivery["state"] }) {
  const [tone, word] = deliveryLook[state];
  return <Badge tone={tone}>{t(word)}</Badge>;
}
export const deliveryStateName = (state: Delivery["state"]) => t(deliveryLook[state][1]);

const eventWord: Record<string, Parameters<typeof t>[0]> = {
  "consultation.booked": "eventBooked",
  "consultation.started": "eventStarted",
  "consultation.ended": "eventEnded",
  "consultation.cancelled": "eventCancelled",
  "recording.ready": "eventReady",
  "minutes.signed": "eventMinutes",
  "minutes.addendum": "eventAddendum",
  "emergency.called": "eventEmergency",
  "record.filed": "eventFiled",
  "still.filed": "eventStillFiled",
};
export const eventName = (event: string) => (eventWord[event] ? t(eventWord[event]) : event);
/** What a webhook can ask for: a still on its way to the PACS is told of by the record being filed. */
export const knownEvents = Object.keys(eventWord).filter((event) => event !== "still.filed");
const kindName = { fhir: "kindFhir", dicom: "kindDicom", webhook: "kindWebhook" } as const;
export const deliveryKind = (kind: Delivery["kind"]) => t(kindName[kind]);

const faultWord: Record<DeliveryFault, Parameters<typeof t>[0]> = {
  refused: "whyRefused",
  timeout: "whyTimeout",
  name: "whyName",
  tls: "whyTls",
  auth: "whyAuth",
  invalid: "whyInvalid",
  gone: "whyGone",
  server: "whyServer",
  picture: "whyPicture",
  pacs: "whyPacs",
  other: "whyOther",
};

/** How it went, in words; the technical text one click away. */
export function DeliveryResult({ of }: { of: Delivery }) {
  if (of.state === "delivered") return <span class="small">{of.delivered_at ? t("deliveredAt", { time: formatDateTime(of.delivered_at) }) : t("deliveryDelivered")}</span>;
  return (
    <div class="small stack stack--tight">
      {of.last_error && (
        <details class="why">
          <summary>{t(faultWord[deliveryFault(of.last_error)])}</summary>
          <code>{of.last_error}</code>
        </details>
      )}
      {of.state === "waiting" && of.next_attempt_at && <span class="quiet-text">{t("nextAt", { time: formatDateTime(of.next_attempt_at) })}</span>}
    </div>
  );
}

export function RetryButton({ of, onDone }: { of: Delivery; onDone: () => void }) {
  const { api } = usePanel();
  const [busy, setBusy] = useState(false);
  const retry = async () => {
    setBusy(true);
    try {
      await api.deliveries.retry(of.id);
      notify({ text: t("retried") });
      onDone();
    } catch (error) {
      notify({ text: error instanceof Error ? error.message : t("whyOther"), kind: "danger" });
    }
    setBusy(false);
  };
  return (
    <Button kind="secondary" busy={busy} onClick={() => void retry()} data-testid="retry">
      {t("retry")}
    </Button>
  );
}
