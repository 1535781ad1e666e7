/** Stills of a consultation with what was drawn on them, and the files of its chat: who, when, and the way to fetch them. */
import { Download } from "lucide";
import type { ConsultationFile } from "../../shared/api";
import { sourceName } from "../../shared/call/names";
import { formatBytes, formatDateTime, formatNumber } from "../../shared/i18n";
import { Icon } from "../../shared/ui";
import { length } from "../../shared/stills/geometry";
import { MarkList, MarkShape, ScaleShape } from "../../shared/stills/marks";
import "../../shared/stills/marks.css";
import { t } from "../words/files";
import { Badge } from "./chips";

interface PicturesProps {
  items: readonly ConsultationFile[];
  /** Where the bytes of one are. */
  urlOf: (file: string, part: "content" | "thumbnail") => string;
}

export function Pictures({ items, urlOf }: PicturesProps) {
  const stills = items.filter((file) => file.kind === "still");
  const files = items.filter((file) => file.kind === "chat");
  return (
    <div class="stack">
      {stills.length > 0 && (
        <ul class="pictures">
          {stills.map((still) => (
            <li key={still.id} data-testid="still-row" data-state={still.state}>
              <Still still={still} urlOf={urlOf} />
            </li>
          ))}
        </ul>
      )}
      {files.length > 0 && (
        <ul class="ledger">
          {files.map((file) => (
            <li key={file.id} data-testid="file-row" data-state={file.state}>
              <FileLine file={file} url={urlOf(file.id, "content")} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function StateOf({ file }: { file: ConsultationFile }) {
  if (file.state === "ready") return null;
  if (file.state === "refused") return <Badge tone="danger">{t(file.refusal === "file-infected" ? "infected" : file.refusal === "upload-expired" ? "expired" : "refused")}</Badge>;
  return <Badge tone="accent">{t("arriving", { percent: file.size ? Math.floor((100 * (file.received ?? 0)) / file.size) : 0 })}</Badge>;
}

function Still({ still, urlOf }: { still: ConsultationFile } & Pick<PicturesProps, "urlOf">) {
  const { width = 16, height = 9 } = still;
  const unit = width / 320;
  const marks = still.marks?.marks ?? [];
  const scale = still.marks?.calibration;
  const name = [still.source && sourceName(still.source), still.participant_name].filter(Boolean).join(" · ");
  return (
    <article class="stack stack--tight">
      <svg class="pictures__picture" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={name}>
        <image href={urlOf(still.id, "thumbnail")} width={width} height={height} preserveAspectRatio="none" />
        {marks.map((mark) => (
          <MarkShape key={mark.id} mark={mark} width={width} unit={unit} scale={scale} />
        ))}
        {scale && <ScaleShape points={scale.points} width={width} unit={unit} />}
      </svg>
      <MarkList marks={marks} scale={scale} />
      <strong>{name}</strong>
      <span class="small quiet-text">{t("takenBy", { time: formatDateTime(still.created_at), name: still.requested_by_name ?? "–" })}</span>
      {scale && length(scale.points) > 0 && <span class="small quiet-text">{t("scale", { length: formatNumber(scale.length_um / 1000, 1), name: scale.name })}</span>}
      <StateOf file={still} />
      {still.state === "ready" && (
        <a class="file small" href={urlOf(still.id, "content")} download={`${still.id}.${still.type === "image/png" ? "png" : "jpg"}`} data-testid="still-download">
          <Icon of={Download} />
          {t("full", { width, height, size: formatBytes(still.size ?? 0) })}
        </a>
      )}
    </article>
  );
}

function FileLine({ file, url }: { file: ConsultationFile; url: string }) {
  return (
    <div class="stack stack--tight">
      {file.state === "ready" ? (
        <a class="file" href={url} download={file.name ?? file.id}>
          <Icon of={Download} />
          <strong class="break">{file.name}</strong>
        </a>
      ) : (
        <strong class="break">{file.name}</strong>
      )}
      <span class="small quiet-text">{[file.participant_name, formatDateTime(file.created_at), formatBytes(file.size ?? 0)].join(" · ")}</span>
      <StateOf file={file} />
    </div>
  );
}
