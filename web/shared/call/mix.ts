/**
 * How loud each arriving sound is played here: by the person's own wish, ducked under an interpreter, silent beside a
 * stethoscope. Pure; the server has already left out what is not for this listener.
 */
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";

export interface Ears {
  readonly volumes: ReadonlyMap<string, number>;
  readonly listens: P.Channel;
  readonly stethoscope: string | null;
}

/** The original stays audible under the interpreter, so that tone and pauses are heard. */
export const ducked = 0.15;

/** Volume by slot, 0 to 1. */
export function mixOf(room: Room, ears: Ears): Map<string, number> {
  const sounds = [...room.slots.values()].filter((slot) => slot.kind === "audio" && slot.participant);
  const interpreted = ears.listens === "interpreter" && sounds.some((slot) => isInterpreter(room, slot));
  const examined = ears.stethoscope !== null && sounds.some((slot) => isStethoscopeOf(slot, ears.stethoscope));
  return new Map(
    sounds.map((slot) => {
      const wished = ears.volumes.get(slot.participant ?? "") ?? 1;
      if (slot.source === "stethoscope") return [slot.mid, isStethoscopeOf(slot, ears.stethoscope) ? wished : 0];
      if (examined) return [slot.mid, 0];
      return [slot.mid, interpreted && !isInterpreter(room, slot) ? wished * ducked : wished];
    }),
  );
}

function isInterpreter(room: Room, slot: P.Slot): boolean {
  return room.participants.get(slot.participant ?? "")?.speaks === "interpreter";
}

function isStethoscopeOf(slot: P.Slot, participant: string | null): boolean {
  return slot.source === "stethoscope" && slot.participant === participant;
}
