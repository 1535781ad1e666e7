/** In an exam: which of all the sources in the room is looked at. The chosen one gets the bits. */
import type { Room } from "../session/room";
import { Button } from "../ui";
import { AskSource } from "./ask_source";
import type { CallController } from "./controller";
import { CameraPad } from "./pad";
import { sourceName } from "./names";
import { picturesOf, planOf } from "./plan";
import { t } from "./words";

interface PickerProps {
  call: CallController;
  room: Room;
  pinned: string | null;
  onPin: (key: string | null) => void;
  onFailure: (error: unknown) => void;
}

export function SourcePicker({ call, room, pinned, onPin, onFailure }: PickerProps) {
  const pictures = picturesOf(room).filter((picture) => picture.source !== "camera" || picture.person.camera);
  const shown = planOf(room, { layout: "exam", pinned, ownTile: true }, { width: 1, height: 1 }, 0).main?.key;
  return (
    <div class="sources" role="group" aria-label={t("chooseSource")}>
      <div class="sources__row">
        {pictures.map(({ key, person, source, label }) => (
          <Button key={key} kind={key === shown ? "primary" : "plain"} aria-pressed={key === shown} onClick={() => onPin(key)} data-testid="source" data-source={source}>
            {label || sourceName(source)} · {person.name}
          </Button>
        ))}
        <AskSource call={call} room={room} onFailure={onFailure} />
      </div>
      <CameraPad call={call} room={room} shown={shown ?? null} onFailure={onFailure} />
    </div>
  );
}
