/** Turning a camera of another seat: by buttons or arrow keys, one hand at a time, with the places it remembers. */
import { useState } from "preact/hooks";
import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, Bookmark, Hand, ZoomIn, ZoomOut } from "lucide";
import type * as P from "../protocol/messages";
import { may, type Room } from "../session/room";
import { Button, type IconNode } from "../ui";
import type { CallController } from "./controller";
import { t } from "./seat_words";

type Step = { pan?: number; tilt?: number; zoom?: number };
type Word = Parameters<typeof t>[0];

const step = 60; // thousandths of the range
const steps: readonly { key: string; word: Word; icon: IconNode; axis: "pan" | "tilt" | "zoom"; move: Step }[] = [
  { key: "ArrowLeft", word: "left", icon: ArrowLeft, axis: "pan", move: { pan: -step } },
  { key: "ArrowUp", word: "up", icon: ArrowUp, axis: "tilt", move: { tilt: step } },
  { key: "ArrowDown", word: "down", icon: ArrowDown, axis: "tilt", move: { tilt: -step } },
  { key: "ArrowRight", word: "right", icon: ArrowRight, axis: "pan", move: { pan: step } },
  { key: "+", word: "closer", icon: ZoomIn, axis: "zoom", move: { zoom: step } },
  { key: "-", word: "wider", icon: ZoomOut, axis: "zoom", move: { zoom: -step } },
];

interface PadProps {
  call: CallController;
  room: Room;
  /** "participant/source" of the picture looked at. */
  shown: string | null;
  onFailure: (error: unknown) => void;
}

export function CameraPad({ call, room, shown, onFailure }: PadProps) {
  const [name, setName] = useState("");
  const [id = "", source = ""] = (shown ?? "").split("/");
  const camera = room.participants.get(id)?.cameras?.find((one) => one.source === source);
  if (!camera || !may(room, "cameras")) return null;
  const other = camera.hand !== undefined && camera.hand !== room.me;
  const turn = (move: Step) => void call.session.turnCamera(id, camera.source, move).catch(onFailure);
  const preset = (action: P.CameraPreset["action"], place: string) => void call.session.cameraPreset(id, camera.source, action, place).catch(onFailure);
  const can = steps.filter(({ axis }) => camera[axis]);
  const onKey = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
    const found = can.find(({ key }) => key === event.key || (key === "+" && event.key === "="));
    if (!found || other) return;
    event.preventDefault();
    turn(found.move);
  };
  return (
    <div class="pad" role="group" aria-label={t("pad")} onKeyDown={onKey} data-testid="pad">
      <span class="small" role="status">
        {camera.hand === undefined ? t("handNobody") : other ? t("handOther", { name: room.participants.get(camera.hand)?.name ?? "" }) : t("handMine")}
      </span>
      {can.map(({ word, icon, move }) => (
        <Button key={word} square icon={icon} disabled={other} title={t(word)} onClick={() => turn(move)} data-testid={`pad-${word}`}>
          {t(word)}
        </Button>
      ))}
      {(camera.presets ?? []).length > 0 && (
        <select class="input pad__places" aria-label={t("place")} value="" disabled={other} onChange={(event) => event.currentTarget.value && preset("go", event.currentTarget.value)} data-testid="pad-places">
          <option value="">{t("places")}</option>
          {(camera.presets ?? []).map((place) => (
            <option key={place.name} value={place.name}>
              {place.name}
            </option>
          ))}
        </select>
      )}
      <form
        class="pad__new"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) preset("save", name.trim());
          setName("");
        }}
      >
        <input class="input" aria-label={t("placeName")} placeholder={t("placeName")} maxLength={40} value={name} onInput={(event) => setName(event.currentTarget.value)} data-testid="pad-name" />
        <Button type="submit" square icon={Bookmark} disabled={other || !name.trim()} title={t("placeSave")} data-testid="pad-save">
          {t("placeSave")}
        </Button>
      </form>
      {camera.hand === room.me && (
        <Button square icon={Hand} title={t("release")} onClick={() => void call.session.releaseCamera(id, camera.source).catch(onFailure)} data-testid="pad-release">
          {t("release")}
        </Button>
      )}
    </div>
  );
}
