/** The room as this participant knows it: a value, and what each message makes of it. Pure. */
import type * as P from "../protocol/messages";

export interface Room {
  readonly me: string;
  readonly consultation: P.Consultation;
  readonly participants: ReadonlyMap<string, P.Participant>;
  /** By mid, of the present transport. */
  readonly slots: ReadonlyMap<string, P.Slot>;
  readonly recording: P.Recording;
  readonly chat: readonly P.ChatLine[];
  readonly speaker: string | null;
  readonly link: P.Link | null;
  readonly waiting: boolean;
  readonly locked: boolean;
  /** What I may do now; the server tells. */
  readonly rights: ReadonlySet<P.Right>;
  /** The last request to speak, and what I was told while waiting. */
  readonly consents: readonly P.ConsentWord[];
  /** Who talks apart; empty: nobody. */
  readonly side: readonly string[];
  readonly invited: P.Invited | null;
  readonly told: readonly P.Told[];
  /** The last request for one of this seat's sources. */
  readonly asked: P.SourceAsked | null;
  /** What is being said, in words: of each person the line that is being written, the newest last. */
  readonly captions: readonly P.CaptionsShown[];
  /** Server's clock minus ours, in milliseconds. */
  readonly clockOffsetMs: number;
}

const mostChatLines = 500;
const mostWords = 5;
const mostCaptions = 3;

export function roomFrom(joined: P.Joined, nowMs: number, before: Room | null): Room {
  const keep = joined.media === "keep" && before !== null;
  return {
    me: joined.me,
    consultation: joined.consultation,
    participants: new Map(joined.participants.map((p) => [p.id, p])),
    slots: keep ? before.slots : new Map<string, P.Slot>(),
    recording: joined.recording,
    chat: joined.chat ?? before?.chat ?? [],
    speaker: keep ? before.speaker : null,
    link: keep ? before.link : null,
    waiting: joined.waiting ?? false,
    locked: joined.consultation.locked ?? false,
    rights: new Set(joined.rights ?? []),
    consents: joined.consents ?? [],
    side: joined.side?.participants ?? [],
    invited: before?.invited ?? null,
    told: before?.told ?? [],
    asked: before?.asked ?? null,
    captions: [],
    clockOffsetMs: Date.parse(joined.now) - nowMs || 0,
  };
}

export function withSlots(room: Room, slots: readonly P.Slot[], replace: boolean): Room {
  const next = new Map(replace ? [] : room.slots);
  for (const slot of slots) {
    const kept: Partial<P.Slot> = { ...next.get(slot.mid) };
    delete kept.reason; // of what was, unless it is told again
    delete kept.why;
    next.set(slot.mid, { ...kept, ...slot });
  }
  return { ...room, slots: next };
}

/** The room after a message that arrived by itself; the same object when nothing changed. */
export function roomAfter(room: Room, message: P.ServerMessage): Room {
  switch (message.type) {
    case "slots":
      return withSlots(room, message.slots, false);
    case "participant":
      return { ...room, participants: new Map(room.participants).set(message.participant.id, message.participant) };
    case "gone":
      return without(room, message.participant);
    case "speaker":
      return { ...room, speaker: message.participant };
    case "recording":
      return { ...room, recording: message.recording };
    case "chat":
      return { ...room, chat: [...room.chat, message].slice(-mostChatLines) };
    case "admitted":
      return { ...room, waiting: false };
    case "locked":
      return { ...room, locked: message.locked };
    case "rights":
      return { ...room, rights: new Set(message.rights) };
    case "consents":
      return { ...room, consents: message.consents };
    case "side":
      return { ...room, side: message.participants };
    case "invited":
      return { ...room, invited: message };
    case "source.asked":
      return { ...room, asked: message };
    case "told":
      return { ...room, told: [...room.told, message].slice(-mostWords) };
    case "link":
      return { ...room, link: message };
    case "captions.line":
      return { ...room, captions: [...room.captions.filter((one) => one.participant !== message.participant), message].slice(-mostCaptions) };
    default:
      return room;
  }
}

function without(room: Room, participant: string): Room {
  const participants = new Map(room.participants);
  const gone = room.participants.get(participant);
  if (!participants.delete(participant)) return room;
  const captions = room.captions.filter((line) => gone?.role !== "captions" && line.participant !== participant);
  return { ...room, participants, captions, speaker: room.speaker === participant ? null : room.speaker };
}

/** Where a person's source is to be seen, if the server feeds it to us. */
export function slotOf(room: Room, participant: string, source: P.Source): P.Slot | undefined {
  for (const slot of room.slots.values()) {
    const matches = slot.participant === participant && slot.kind !== "audio";
    if (matches && (slot.source ?? "camera") === source && slot.state !== "empty") return slot;
  }
  return undefined;
}

export function may(room: Room, right: P.Right): boolean {
  return room.rights.has(right);
}

/** What a voice of a seat has said to a purpose; null: nothing yet. */
export function wordOf(room: Room, participant: string, purpose: P.Purpose, forPatient = false): boolean | null {
  const word = room.consents.find((one) => one.participant === participant && one.purpose === purpose && (one.for_patient ?? false) === forPatient);
  return word?.granted ?? null;
}

/** Somebody talks apart and I am not among them: nothing of theirs comes here. */
export function isApart(room: Room, participant: string): boolean {
  return room.side.includes(participant) && !room.side.includes(room.me);
}

export function mine(room: Room): P.Participant | undefined {
  return room.participants.get(room.me);
}

/** Everybody else who is really in, in the order they came; a service is nobody. */
export function others(room: Room): P.Participant[] {
  return [...room.participants.values()].filter((p) => p.id !== room.me && !p.waiting && p.role !== "captions");
}

/** The service that writes down what those who agreed say, when one is in the room. */
export function captionsService(room: Room): P.Participant | undefined {
  return [...room.participants.values()].find((p) => p.role === "captions");
}

export function inWaitingRoom(room: Room): P.Participant[] {
  return [...room.participants.values()].filter((p) => p.waiting && p.id !== room.me);
}
