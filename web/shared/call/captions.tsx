/** What is being said, under the pictures. Not announced: who hears the page read aloud hears the voice itself. */
import { useEffect, useState } from "preact/hooks";
import type { Room } from "../session/room";
import "./captions.css";
import { t } from "./room_words";

/** Long enough to read the longest line twice. */
const stayMs = 8000;

export function CaptionLines({ room }: { room: Room }) {
  const { captions } = room;
  const [stale, setStale] = useState(false);
  useEffect(() => {
    setStale(false);
    const timer = setTimeout(() => setStale(true), stayMs);
    return () => clearTimeout(timer);
  }, [captions]);
  if (stale || captions.length === 0) return null;
  return (
    <div class="captions" role="region" aria-label={t("captionsRegion")} data-testid="captions">
      {captions.map(({ participant, text, final }) => (
        <p key={participant} class={final ? "" : "captions__growing"} data-testid="caption" data-participant={participant}>
          <strong>{room.participants.get(participant)?.name}:</strong> {text}
        </p>
      ))}
    </div>
  );
}
