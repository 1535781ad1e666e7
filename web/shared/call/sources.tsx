/** In an exam: which of all the sources in the room is looked at. The chosen one gets the bits. */
import { CircleStop } from "lucide";
import { may, type Room } from "../session/room";
import { Button } from "../ui";
import { AskSource } from "./ask_source";
import type { CallController } from "./controller";
import { CameraPad } from "./pad";
import { sourceName } from "./names";
import { type Picture, picturesOf, planOf } from "./plan";
import { t as seatWord } from "./seat_words";
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
  const main = planOf(room, { layout: "exam", pinned, ownTile: true }, { width: 1, height: 1 }, 0).main;
  const shown = main?.key;
  const stop = ({ person, source }: Picture) => void call.session.askSource(person.id, source, "stop").catch(onFailure);
  return (
    <div class="sources" role="group" aria-label={t("chooseSource")}>
      <div class="sources__row">
        {pictures.map(({ key, person, source, label }) => (
          <Button key={key} kind={key === shown ? "primary" : "plain"} aria-pressed={key === shown} onClick={() => onPin(key)} data-testid="source" data-source={source}>
            {label || sourceName(source)} · {person.name}
          </Button>
        ))}
        {main && may(room, "sources") && main.source !== "camera" && main.source !== "screen" && (
          <Button kind="quiet" icon={CircleStop} onClick={() => stop(main)} data-testid="source-stop">
            {seatWord("stopTheirs", { source: main.label || sourceName(main.source) })}
          </Button>
        )}
        <AskSource call={call} room={room} onFailure={onFailure} />
      </div>
      <CameraPad call={call} room={room} shown={shown ?? null} onFailure={onFailure} />
    </div>
  );
}
