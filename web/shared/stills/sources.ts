/** Which pictures in the room a still can be taken of. Pure. */
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";

export interface Takeable {
  person: P.Participant;
  source: P.Source;
  label: string;
}

/** Cameras for examining first: they are what a still is wanted of. A screen is no camera, but may show what matters. */
export function sourcesToTake(room: Room): Takeable[] {
  const people = [...room.participants.values()].filter((person) => !person.waiting);
  const all = people.flatMap((person) =>
    person.tracks.filter((track) => track.kind === "video" && (track.source !== "camera" || person.camera)).map((track) => ({ person, source: track.source, label: track.label ?? "" })),
  );
  const face = (one: Takeable) => Number(one.source === "camera") + Number(one.person.id === room.me);
  return all.sort((a, b) => face(a) - face(b));
}

/** What one press of the key takes: what is looked at large, else the best of what there is. `looked` is "participant/source". */
export function sourceByKey(room: Room, looked: string | null): Takeable | undefined {
  const all = sourcesToTake(room);
  return all.find(({ person, source }) => `${person.id}/${source}` === looked) ?? all[0];
}
