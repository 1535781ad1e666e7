/** The papers of the consultation beside its pictures: stills with their drawings, files of the chat. Read while seeing. */
import { useEffect, useState } from "preact/hooks";
import { ClipboardList, ClipboardPen, Download, FileText, FolderOpen, X } from "lucide";
import { formatBytes, formatTime } from "../i18n";
import type * as P from "../protocol/messages";
import { isDoctor } from "../roles";
import { mine, type Room } from "../session/room";
import { useStills } from "../stills/hooks";
import { StillView } from "../stills/view";
import { Button, EmptyState, ErrorState, Icon, LoadingState } from "../ui";
import { later } from "../ui/later";
import type { CallController } from "./controller";
import { sourceName } from "./names";
import "../stills/sheet.css";
import "./papers.css";
import { t } from "./paper_words";
import { type Referral, ReferralView, useReferral } from "./referral";

const Minutes = later(() => import("./minutes").then((parts) => parts.MinutesPaper));

interface PapersProps {
  call: CallController;
  room: Room;
  onFailure: (error: unknown) => void;
}

interface Paper {
  key: string;
  title: string;
  small: string;
  /** A picture to know it by. */
  picture: string | null;
  /** What is opened; null: the still of that key. */
  file: P.ChatFile | Referral | "minutes" | null;
}

export function Papers({ call, room, onFailure }: PapersProps) {
  const [still] = useStills(call.stills, ({ open, board, pictures }) => [open, board.stills, pictures] as const); // papersOf reads the rest
  const [file, setFile] = useState<Paper["file"]>(null);
  const referral = useReferral(call, room);
  useEffect(() => {
    if (still) setFile((now) => (now === "minutes" ? now : null)); // a new still comes to the front, but not of who writes
  }, [still]);
  const papers = [...minutesPaper(room), ...referralPaper(referral), ...papersOf(room, call)];
  const open = (paper: Paper) => {
    call.stills.show(paper.file ? null : paper.key);
    setFile(paper.file);
  };
  const shown = file ? keyOf(file) : still;
  return (
    <section class="papers sheet" aria-label={t("papers")} data-testid="papers">
      {papers.length === 0 ? (
        <EmptyState icon={FolderOpen} title={t("none")}>
          {t("noneText")}
        </EmptyState>
      ) : (
        <ul class={shown ? "sheet__list papers__list papers__list--strip" : "sheet__list papers__list"}>
          {papers.map((paper) => (
            <li key={paper.key}>
              <button type="button" class="sheet__item papers__paper" aria-pressed={paper.key === shown} onClick={() => open(paper)} data-testid="paper" data-paper={paper.key}>
                {paper.picture ? <img class="papers__picture" src={paper.picture} alt="" /> : <Icon of={iconOf(paper)} class="papers__picture" />}
                <span class="sheet__title">{paper.title}</span>
                <span class="small quiet-text">{paper.small}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {file === "minutes" && <Minutes ticket={call.ticket} consultation={room.consultation.id} onClose={() => setFile(null)} />}
      {isReferral(file) && <ReferralView referral={file} onClose={() => setFile(null)} />}
      {isFile(file) && <FileView call={call} file={file} onClose={() => setFile(null)} />}
      {!file && still && <StillView stills={call.stills} room={room} onFailure={onFailure} />}
    </section>
  );
}

type Shown = Paper["file"];
const isFile = (file: Shown): file is P.ChatFile => file !== null && file !== "minutes" && "id" in file;
const isReferral = (file: Shown): file is Referral => file !== null && file !== "minutes" && !("id" in file);
const keyOf = (file: NonNullable<Shown>): string => (isFile(file) ? file.id : file === "minutes" ? file : "referral");
const iconOf = ({ file }: Paper) => (file === "minutes" ? ClipboardPen : isReferral(file) ? ClipboardList : FileText);

function minutesPaper(room: Room): Paper[] {
  if (!isDoctor(mine(room)?.role)) return [];
  return [{ key: "minutes", title: t("minutes"), small: t("minutesSmall"), picture: null, file: "minutes" }];
}

function referralPaper(referral: Referral | null): Paper[] {
  if (!referral) return [];
  return [{ key: "referral", title: t("referral"), small: referral.patient?.name ?? referral.title, picture: null, file: referral }];
}

/** The newest first, stills and files together. */
function papersOf(room: Room, call: CallController): Paper[] {
  const { board, pictures } = call.stills.state;
  const stills = board.stills
    .filter((still) => pictures.has(still.id))
    .map((still) => ({
      at: still.at,
      paper: { key: still.id, title: `${sourceName(still.source)} · ${room.participants.get(still.participant)?.name ?? ""}`, small: formatTime(still.at), picture: pictures.get(still.id)?.url ?? null, file: null },
    }));
  const files = room.chat.flatMap((line) => (line.file ? [{ at: line.at, paper: { key: line.file.id, title: line.file.name, small: `${line.name} · ${formatTime(line.at)}`, picture: null, file: line.file } }] : []));
  return [...stills, ...files].sort((a, b) => b.at.localeCompare(a.at)).map(({ paper }) => paper);
}

type Content = { state: "coming" } | { state: "failed" } | { state: "here"; url: string };

function useContent(call: CallController, file: P.ChatFile): [Content, () => void] {
  const [content, setContent] = useState<Content>({ state: "coming" });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let url = "";
    let left = false;
    setContent({ state: "coming" });
    call.stills.content(file.id).then(
      (blob) => {
        if (left) return;
        url = URL.createObjectURL(new Blob([blob], { type: file.content }));
        setContent({ state: "here", url });
      },
      () => !left && setContent({ state: "failed" }),
    );
    return () => {
      left = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [call, file.id, round]);
  return [content, () => setRound((now) => now + 1)];
}

/** A picture is shown; what only another program can show is opened in it. */
function FileView({ call, file, onClose }: { call: CallController; file: P.ChatFile; onClose: () => void }) {
  const [content, again] = useContent(call, file);
  const [whole, setWhole] = useState(true);
  const picture = file.content.startsWith("image/");
  return (
    <article class="paper" aria-label={file.name} data-testid="paper-open" onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <header class="sheet__head">
        <span class="sheet__title">{file.name}</span>
        <Button kind="quiet" square icon={X} onClick={onClose}>
          {t("close")}
        </Button>
      </header>
      {content.state === "coming" && <LoadingState />}
      {content.state === "failed" && <ErrorState title={t("notFetched")} onRetry={again} />}
      {content.state === "here" && picture && (
        <button type="button" class={`paper__frame ${whole ? "" : "paper__frame--near"}`} aria-pressed={!whole} aria-label={t(whole ? "nearer" : "whole", { name: file.name })} onClick={() => setWhole(!whole)}>
          <img class="paper__picture" src={content.url} alt={file.name} />
        </button>
      )}
      {content.state === "here" && !picture && (
        <div class="stack paper__other">
          <p>{t(file.content === "application/pdf" ? "openPdf" : "openOther", { size: formatBytes(file.size) })}</p>
          {file.content === "application/pdf" && (
            <a class="button button--primary" href={content.url} target="_blank" rel="noopener">
              {t("openWindow")}
            </a>
          )}
          <a class="button" href={content.url} download={file.name}>
            <Icon of={Download} />
            {t("keep")}
          </a>
        </div>
      )}
    </article>
  );
}
