/** A room for tests: nobody but me in it, unless told otherwise. */
import type * as P from "../protocol/messages";
import { type Room, roomFrom } from "./room";

export const aPerson = (id: string, change: Partial<P.Participant> = {}): P.Participant => ({ id, name: id, role: "doctor", microphone: true, camera: true, tracks: [], ...change });

export function aRoom(people: readonly P.Participant[] = [], change: Partial<Room> = {}): Room {
  const now = "2026-11-25T14:00:00Z";
  const joined: P.Joined = {
    type: "joined",
    id: 1,
    me: "me",
    token: "t",
    media: "new",
    consultation: { id: "c", title: "", kind: "scheduled" },
    participants: [aPerson("me"), ...people],
    slots: { audio: 4, video: 4 },
    recording: { state: "off" },
    now,
  };
  return { ...roomFrom(joined, Date.parse(now), null), ...change };
}
