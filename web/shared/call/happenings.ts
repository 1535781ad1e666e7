/** What happened between two states that a person wants to be told. Pure. */
import type { DeviceNews } from "../media/device_news";
import type * as P from "../protocol/messages";
import { may, type Room } from "../session/room";
import type { SessionState } from "../session/session";
import { sourceName } from "./names";
import { t as seatWord } from "./seat_words";
import type { Word } from "./words";

export interface Happening {
  word: Word;
  values?: { readonly [name: string]: string };
  kind?: "plain" | "attention" | "danger";
  /** The server's own words instead of ours. */
  text?: string;
}

export function happenings(before: SessionState, now: SessionState, message: P.ServerMessage | null): Happening[] {
  const found: Happening[] = [];
  if (before.phase === "reconnecting" && now.phase === "in") found.push({ word: "backAgain" });
  if (!message || !before.room) return found;
  const known = before.room.participants;
  switch (message.type) {
    case "participant":
      found.push(...aboutPerson(known.get(message.participant.id), message.participant, before.room));
      break;
    case "gone": {
      const name = known.get(message.participant)?.name;
      const word = message.reason === "lost" ? "lost" : message.reason === "removed" ? "removed" : "left";
      if (name && message.participant !== before.room.me) found.push({ word, values: { name } });
      break;
    }
    case "recording":
      found.push(...aboutRecording(before.room.recording, message.recording), ...aboutWords(before.room, message.recording));
      break;
    case "chat":
      if (message.participant !== before.room.me) found.push({ word: "chatNew", values: { name: message.name, text: message.text || (message.file?.name ?? "") } });
      break;
    case "source.declined": {
      const name = known.get(message.by)?.name;
      if (name) found.push({ word: "notDone", kind: "attention", text: seatWord("declined", { name, source: sourceName(message.source) }) });
      break;
    }
    case "muted":
      found.push({ word: "mutedByHost", kind: "attention" });
      break;
    case "locked":
      if (message.locked !== before.room.locked) found.push({ word: message.locked ? "roomLocked" : "roomUnlocked" });
      break;
    case "error":
      found.push({ word: "notDone", kind: "attention", text: [message.message, message.action].filter(Boolean).join(" ") });
      break;
    default:
  }
  return found;
}

export function deviceHappening({ kind, part, label, now = "" }: DeviceNews): Happening {
  const values = { label, now };
  if (kind === "plugged") return { word: part === "speaker" ? "speakerPlugged" : "devicePlugged", values };
  if (kind === "back") return { word: "deviceBack", values };
  return { word: now ? "devicePulled" : part === "speaker" ? "speakerPulled" : "devicePulledLast", values, kind: "attention" };
}

function aboutPerson(before: P.Participant | undefined, now: P.Participant, room: Room): Happening[] {
  if (now.id === room.me) return before ? aboutMyRole(before.role, now.role) : [];
  const values = { name: now.name };
  if (now.role === "captions") return []; // a line above the pictures says so for as long as it is here, as it does of who waits to who may open the door
  if (now.waiting) return before?.waiting || may(room, "admit") ? [] : [{ word: "knocks", values, kind: "attention" }];
  if (!before || before.waiting) return [{ word: "joined", values }];
  const found: Happening[] = [];
  if (now.role === "host" && before.role !== "host") found.push({ word: "nowHost", values });
  if (now.hand && !before.hand) found.push({ word: "raised", values });
  if (hasScreen(now) && !hasScreen(before)) found.push({ word: "sharing", values });
  return found;
}

function aboutMyRole(before: P.Role, now: P.Role): Happening[] {
  if (before === now) return [];
  if (now === "host") return [{ word: "youAreHost", kind: "attention" }];
  return before === "host" ? [{ word: "noLongerHost", kind: "attention" }] : [];
}

function hasScreen(person: P.Participant): boolean {
  return person.tracks.some((track) => track.source === "screen");
}

/** Who takes a yes back is left out from now on, and everybody knows. */
function aboutWords(before: Room, now: P.Recording): Happening[] {
  if (now.state !== "on") return [];
  const agreed = (id: string) => before.recording.consents?.some((one) => one.participant === id && one.granted === true);
  return (now.consents ?? [])
    .filter((one) => one.granted === false && agreed(one.participant))
    .map(({ participant }) => ({ word: participant === before.me ? "notRecordedMe" : "notRecordedThem", values: { name: before.participants.get(participant)?.name ?? "" }, kind: "attention" }));
}

function aboutRecording(before: P.Recording, now: P.Recording): Happening[] {
  if (now.state === before.state) return [];
  if (now.state === "on") return [{ word: "recordingStarted", kind: "attention" }];
  if (now.state === "failed" || (now.state === "off" && now.reason === "fault")) return [{ word: "recordingFailed", kind: "danger" }];
  if (now.state !== "off") return [];
  if (now.reason === "declined") return [{ word: "recordingDeclined", kind: "attention" }];
  if (now.reason === "withdrawn") return [{ word: "recordingWithdrawn", kind: "attention" }];
  return before.state === "on" ? [{ word: "recordingStopped" }] : [];
}
