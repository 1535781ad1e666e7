/** Which line of explanation belongs to a picture: the server's cause, or what only this machine can see. Pure. */
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";
import { t } from "./line_words";

export interface Why {
  cause: string;
  text: string;
}

/** The tile says these in a word of its own; that this machine is slow is no picture's fault. */
const saidElsewhere: ReadonlySet<P.Why["cause"]> = new Set(["source-off", "hidden", "viewer-slow"]);

/** What is wrong with the line alone. */
export function lineWhy(room: Room | null): P.Why | undefined {
  const why = room?.link?.why;
  return why?.cause === "line-slow" ? undefined : why;
}

/** This machine does not keep up with sending or with showing. */
export function isMachineSlow(room: Room | null): boolean {
  return room?.link?.why?.cause === "line-slow" || [...(room?.slots.values() ?? [])].some((slot) => slot.why?.cause === "viewer-slow");
}

export function whyOf(slot: P.Slot | undefined, name: string, still: ReadonlySet<string>): Why | null {
  if (!slot || slot.kind === "audio") return null;
  if (slot.why) return saidElsewhere.has(slot.why.cause) ? null : slot.why;
  // Stills stand still by design; a picture that is to move and has not for a whole report does not.
  return slot.state === "live" && still.has(slot.mid) ? { cause: "still", text: t("still", { name }) } : null;
}

/** Every picture that shows less than asked for, with the reason. */
export function whysOf(slots: Iterable<P.Slot>, nameOf: (participant: string) => string, still: ReadonlySet<string>): (Why & { mid: string })[] {
  const found: (Why & { mid: string })[] = [];
  for (const slot of slots) {
    const why = slot.participant ? whyOf(slot, nameOf(slot.participant), still) : null;
    if (why) found.push({ ...why, mid: slot.mid });
  }
  return found;
}
