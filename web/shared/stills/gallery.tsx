/** The drawer of stills: what was taken, what is on its way, where to take the next from, and one's own consent. */
import { Camera, Images } from "lucide";
import { sourceName } from "../call/names";
import { formatTime } from "../i18n";
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";
import { Button, EmptyState } from "../ui";
import { useStills } from "./hooks";
import { sourcesToTake } from "./sources";
import type { Stills } from "./stills";
import { t } from "./words";

interface GalleryProps {
  stills: Stills;
  room: Room;
  onTake: (participant: string, source: P.Source) => void;
  onFailure: (error: unknown) => void;
}

export function Gallery({ stills, room, onTake, onFailure }: GalleryProps) {
  const [board, mayTake, consent, lossless, pictures, open] = useStills(stills, (state) => [state.board.stills, state.board.mayTake, state.board.consent, state.lossless, state.pictures, state.open] as const);
  const shown = board.filter((still) => still.state !== "failed").reverse();
  return (
    <div class="stack">
      {mayTake && <TakeFrom room={room} onTake={onTake} />}
      {mayTake && (
        <label class="row check">
          <input type="checkbox" checked={lossless} onChange={(event) => stills.setLossless(event.currentTarget.checked)} data-testid="lossless" />
          {t("lossless")}
        </label>
      )}
      {shown.length === 0 ? (
        <EmptyState icon={Images} title={t("none")}>
          {t("noneText")}
        </EmptyState>
      ) : (
        <ul class="sheet__list gallery">
          {shown.map((still) => (
            <li key={still.id}>
              <Item still={still} picture={pictures.get(still.id)} isOpen={open === still.id} room={room} onOpen={() => stills.show(still.id)} />
            </li>
          ))}
        </ul>
      )}
      <OwnConsent consent={consent} onChange={(granted) => void stills.consent(granted).catch(onFailure)} />
    </div>
  );
}

function TakeFrom({ room, onTake }: Pick<GalleryProps, "room" | "onTake">) {
  const sources = sourcesToTake(room);
  return (
    <section class="stack" aria-label={t("takeFrom")}>
      <h3>{t("takeFrom")}</h3>
      {sources.length === 0 && <p class="quiet-text">{t("nothingToTake")}</p>}
      {sources.map(({ person, source, label }) => (
        <Button key={`${person.id}/${source}`} icon={Camera} wide onClick={() => onTake(person.id, source)} data-testid="take-from" data-source={source}>
          <span class="visually-hidden">{t("take")}: </span>
          {label || sourceName(source)} · {person.name}
        </Button>
      ))}
    </section>
  );
}

/** How far a still is, in words. */
export function progressOf(still: P.Still, name: string): string {
  if (still.state === "asking") return t("asking", { name });
  if (still.state === "asked") return t("asked");
  if (still.state === "taken") return t("sending", { percent: still.progress ?? 0 });
  return t("fullHere", { width: still.width ?? 0, height: still.height ?? 0 });
}

interface ItemProps {
  still: P.Still;
  picture: { url: string } | undefined;
  isOpen: boolean;
  room: Room;
  onOpen: () => void;
}

function Item({ still, picture, isOpen, room, onOpen }: ItemProps) {
  const name = room.participants.get(still.participant)?.name ?? "";
  const values = { source: sourceName(still.source), name, time: formatTime(still.at) };
  return (
    <button type="button" class="sheet__item gallery__item" onClick={onOpen} disabled={!picture} aria-pressed={isOpen} aria-label={`${t("open", values)}. ${progressOf(still, name)}`} data-testid="gallery-still" data-state={still.state}>
      {picture ? <img class="gallery__picture" src={picture.url} alt="" /> : <span class="gallery__picture spinner" aria-hidden="true" />}
      <span class="small">{t("stillOf", values)}</span>
      <span class="small quiet-text">{progressOf(still, name)}</span>
    </button>
  );
}

function OwnConsent({ consent, onChange }: { consent: boolean | null; onChange: (granted: boolean) => void }) {
  if (consent === null) return null;
  return (
    <section class="stack">
      <p class="small">{t(consent ? "consentGiven" : "consentRefused")}</p>
      <Button kind="secondary" onClick={() => onChange(!consent)} data-testid="photograph-change">
        {t(consent ? "consentWithdraw" : "consentGive")}
      </Button>
    </section>
  );
}
