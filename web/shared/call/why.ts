/** Which line of explanation belongs to a picture: the server's cause, or what only this machine can see. Pure. */
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";
import { t } from "./line_words";

export interface Why {
  cause: string;
  text: string;
}
type Cause = P.Why["cause"];

/** About the other side: said in its tile. */
const theirs: ReadonlySet<Cause> = new Set(["source-lost", "source-loss", "source-slow", "source-silent"]);
/** About the server: said once, whatever number of pictures it holds back. */
const servers: ReadonlySet<Cause> = new Set(["server-busy", "server-starved"]);
/** As they were wanted: nothing suffers. */
const wanted: ReadonlySet<Cause> = new Set(["source-off", "hidden"]);

const isOf = (causes: ReadonlySet<Cause>, why: P.Why | undefined): why is P.Why => why !== undefined && causes.has(why.cause);

/** What is wrong with the line alone. */
export function lineWhy(room: Room | null): P.Why | undefined {
  const why = room?.link?.why;
  return why?.cause === "line-slow" || isOf(servers, why) ? undefined : why;
}

/** The server does not keep up. */
export function serverWhy(room: Room | null): P.Why | undefined {
  return [room?.link, ...(room?.slots.values() ?? [])].map((one) => one?.why).find((why) => isOf(servers, why));
}
export const isServers = (slot: P.Slot | undefined) => isOf(servers, slot?.why);

/** This machine does not keep up with sending or with showing. */
export function isMachineSlow(room: Room | null): boolean {
  return room?.link?.why?.cause === "line-slow" || [...(room?.slots.values() ?? [])].some((slot) => slot.why?.cause === "viewer-slow");
}

/** What a tile says: of its own person's side. What is wrong with this line, this machine or the server is said once, above all of them. */
export function whyOf(slot: P.Slot | undefined, name: string, still: ReadonlySet<string>): Why | null {
  if (!slot || slot.kind === "audio") return null;
  if (slot.why) return isOf(theirs, slot.why) ? slot.why : null;
  // Stills stand still by design; a picture that is to move and has not for a whole report does not.
  return slot.state === "live" && still.has(slot.mid) ? { cause: "still", text: t("still", { name }) } : null;
}

/** Every picture that shows less than asked for: with the reason where it is its own, else by name. */
export function sufferers(slots: Iterable<P.Slot>, nameOf: (participant: string) => string, still: ReadonlySet<string>): { mid: string; text: string }[] {
  return [...slots].flatMap((slot) => {
    const name = slot.participant && slot.kind === "video" ? nameOf(slot.participant) : "";
    const why = name ? whyOf(slot, name, still) : null;
    if (!why && (!name || !slot.why || isOf(wanted, slot.why))) return [];
    return [{ mid: slot.mid, text: why?.text ?? name }];
  });
}
