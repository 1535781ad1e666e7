/** What is said when a still was taken or could not be. Pure. */
import type { Happening } from "../call/happenings";
import { sourceName } from "../call/names";
import type * as P from "../protocol/messages";
import { t, type Word } from "./words";

const failures: Readonly<Record<NonNullable<P.Still["reason"]>, Word>> = { declined: "declined", camera: "cameraFailed", timeout: "timeout", left: "personLeft", fault: "fault" };

/** `mine`: it was this seat's camera, and who sits here must know. */
export function happeningOf(still: P.Still, name: string, mine: boolean): Happening {
  const source = sourceName(still.source);
  if (still.state === "failed") return { word: "notDone", kind: "attention", text: t(failures[still.reason ?? "fault"], { name }) };
  return mine ? { word: "notDone", kind: "attention", text: t("flash", { source }) } : { word: "notDone", text: t("takenNow", { source, name }) };
}
