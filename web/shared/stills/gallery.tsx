/** The drawer of stills: what was taken, what is on its way, where to take the next from, and one's own consent. */
import { Camera, Images } from "lucide";
import { sourceName } from "../call/names";
import { formatTime } from "../i18n";
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";
import { Button, EmptyState } from "../ui";
import { all, useStills } from "./hooks";
import { sourcesToTake } from "./sources";
import type { Stills, StillsState } from "./stills";
import { t } from "./words";

interface GalleryProps {
  stills: Stills;
  room: Room;
  onTake: (participant: string, source: P.Source) => void;
  onFailure: (error: unknown) => void;
}

export function Gallery({ stills, room, onTake, onFailure }: GalleryProps) {
  const state = useStills(stills, all);
  const shown = state.board.stills.filter((still) => still.state !== "failed").reverse();
  return (
    <div class="stack">
      {state.board.mayTake && <TakeFrom room={room} onTake={onTake} />}
      {state.board.mayTake && (
        <label class="row check">
          <input type="checkbox" checked={state.lossless} onChange={(event) => stills.setLossless(event.currentTarget.checked)} data-testid="lossless" />
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
              <Item still={still} state={state} room={room} onOpen={() => stills.show(still.id)} />
            </li>
          ))}
        </ul>
      )}
      <OwnConsent consent={state.board.consent} onChange={(granted) => void stills.consent(granted).catch(onFailure)} />
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

function Item({ still, state, room, onOpen }: { still: P.Still; state: StillsState; room: Room; onOpen: () => void }) {
  const name = room.participants.get(still.participant)?.name ?? "";
  const values = { source: sourceName(still.source), name, time: formatTime(still.at) };
  const picture = state.pictures.get(still.id);
  return (
    <button type="button" class="sheet__item gallery__item" onClick={onOpen} disabled={!picture} aria-pressed={state.open === still.id} aria-label={`${t("open", values)}. ${progressOf(still, name)}`} data-testid="gallery-still" data-state={still.state}>
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
