/** In an exam: which of all the sources in the room is looked at. The chosen one gets the bits. */
import type { Room } from "../session/room";
import { Button } from "../ui";
import { sourceName } from "./names";
import { picturesOf, planOf } from "./plan";
import { t } from "./words";

export function SourcePicker({ room, pinned, onPin }: { room: Room; pinned: string | null; onPin: (key: string | null) => void }) {
  const pictures = picturesOf(room).filter((picture) => picture.source !== "camera" || picture.person.camera);
  if (pictures.length === 0) return null;
  const shown = planOf(room, { layout: "exam", pinned, ownTile: true }, { width: 1, height: 1 }, 0).main?.key;
  return (
    <div class="sources" role="group" aria-label={t("chooseSource")}>
      {pictures.map(({ key, person, source, label }) => (
        <Button key={key} kind={key === shown ? "primary" : "plain"} aria-pressed={key === shown} onClick={() => onPin(key)} data-testid="source" data-source={source}>
          {label || sourceName(source)} · {person.name}
        </Button>
      ))}
    </div>
  );
}
