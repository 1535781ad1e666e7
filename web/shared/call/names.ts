/** Words for sources, lines and reasons. */
import { common } from "../i18n";
import type * as P from "../protocol/messages";
import { isApart, type Room } from "../session/room";
import type { Line } from "../media/quality";
import { isServers } from "./why";
import { t, type Word } from "./words";

const sources: Readonly<Record<P.Source, Word>> = {
  camera: "sourceCamera",
  microphone: "sourceAudio",
  screen: "sourceScreen",
  "screen-audio": "sourceAudio",
  exam: "sourceExam",
  document: "sourceDocument",
  dermatoscope: "sourceDermatoscope",
  ultrasound: "sourceUltrasound",
  stethoscope: "sourceStethoscope",
  room: "sourceRoom",
};
export const sourceName = (source: P.Source) => t(sources[source]);

const lines: Readonly<Record<Line, Parameters<typeof common>[0]>> = { good: "lineGood", fair: "lineFair", poor: "linePoor", lost: "lineLost" };
export const lineName = (line: Line) => common(lines[line]);

/** The room's own reason why nothing of somebody comes here. */
export function absenceOf(room: Room, person: P.Participant): "apart" | "held" | null {
  if (person.held) return "held";
  return isApart(room, person.id) ? "apart" : null;
}

/** Why a tile shows no moving picture; null when it does. */
export function reasonOf(person: P.Participant, source: P.Source, slot: P.Slot | undefined): Word | null {
  if (person.away) return "away";
  if (source === "camera" && !person.camera) return "cameraIsOff";
  if (!slot || slot.state === "empty" || slot.state === "waiting") return "opening";
  if (slot.why?.cause === "source-lost") return "lostSource";
  if (slot.state === "stopped") return "stopped";
  if (slot.state !== "paused") return null;
  if (isServers(slot)) return "heldServer";
  return slot.reason === "viewer" ? "heldViewer" : slot.reason === "source" ? "heldSource" : "heldBandwidth";
}
