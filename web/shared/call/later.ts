/** The parts of the call page that come later. */
import { later } from "../ui/later";

const optional = () => import("./optional");

export const Chat = later(() => optional().then((parts) => parts.Chat));
export const Gallery = later(() => optional().then((parts) => parts.Gallery));
export const Papers = later(() => optional().then((parts) => parts.Papers));
export const People = later(() => optional().then((parts) => parts.People));
export const SourcePicker = later(() => optional().then((parts) => parts.SourcePicker), null);
export const StillView = later(() => optional().then((parts) => parts.StillView));

const quietMs = 4000;

/** Fetches them when the call has found its feet: they are there when the line no longer is. */
export function fetchLater(): () => void {
  const timer = setTimeout(() => void optional().catch(() => undefined), quietMs);
  return () => clearTimeout(timer);
}
