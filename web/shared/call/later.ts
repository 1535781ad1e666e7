/** The parts of the call page that come later. */
import { later } from "../ui/later";
import type { CallState } from "./controller";

const optional = () => import("./optional");

export const Chat = later(() => optional().then((parts) => parts.Chat));
export const Gallery = later(() => optional().then((parts) => parts.Gallery));
export const Papers = later(() => optional().then((parts) => parts.Papers));
export const People = later(() => optional().then((parts) => parts.People));
export const SourcePicker = later(() => optional().then((parts) => parts.SourcePicker), null);
export const StillView = later(() => optional().then((parts) => parts.StillView));

const quietMs = 6000; // the line has been reported once

/** A thin line is for sound and picture: there they are fetched when somebody opens them, or once it carries more. */
export const hasRoom = ({ session, line, thin }: Pick<CallState, "line" | "thin"> & { session: Pick<CallState["session"], "media"> }) =>
  session.media === "connected" && !thin && line !== "poor" && line !== "lost";

/** Fetches them when the call has found its feet: they are there when the line no longer is. */
export function fetchLater(): () => void {
  const timer = setTimeout(() => void optional().catch(() => undefined), quietMs);
  return () => clearTimeout(timer);
}
