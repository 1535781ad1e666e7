/** The pictures: as a grid, or one large with the others in a strip. Tells the server what is really looked at. */
import { useEffect, useRef } from "preact/hooks";
import { Users } from "lucide";
import { EmptyState } from "../ui";
import type { CallController, CallState } from "./controller";
import { useHidden, useProperties, useSize } from "./hooks";
import { type LayoutName, type Picture, planOf, viewOf } from "./plan";
import { SelfTile, Tile } from "./tile";
import { t } from "./words";

const gap = 8;
const viewSettlesMs = 150;
const lowTile = 200;

interface StageProps {
  call: CallController;
  state: CallState;
  layout: LayoutName;
  pinned: string | null;
  onPin?: ((key: string | null) => void) | undefined;
  /** The window it stands in. */
  view?: Window;
}

export function Stage({ call, state, layout, pinned, onPin, view: place = window }: StageProps) {
  const stage = useRef<HTMLDivElement>(null);
  const space = useSize(stage);
  const hidden = useHidden(place);
  const room = state.session.room;
  const plan = room ? planOf(room, { layout, pinned, ownTile: layout === "exam" }, space, gap) : null;
  const alone = !plan || (plan.main === null && plan.rest.length === 0);
  const view = plan && space.width > 0 ? viewOf(plan, place.devicePixelRatio || 1, hidden) : null;
  const viewText = JSON.stringify(view);

  useEffect(() => {
    if (!view) return;
    const timer = setTimeout(() => call.session.setView(view), viewSettlesMs);
    return () => clearTimeout(timer);
  }, [call, viewText]);
  useProperties(stage, {
    "--tile-width": `${plan?.restBox.width ?? 0}px`,
    "--tile-height": `${plan?.restBox.height ?? 0}px`,
    "--main-width": `${Math.floor(plan?.mainBox.width ?? 0)}px`,
    "--main-height": `${Math.floor(plan?.mainBox.height ?? 0)}px`,
  });

  const tile = (picture: Picture, place: "main" | "grid" | "small") => (
    <Tile
      key={picture.key}
      call={call}
      state={state}
      picture={picture}
      place={place}
      low={place === "small" || (place === "grid" && (plan?.restBox.height ?? 0) < lowTile)}
      pinned={pinned === picture.key}
      onPin={onPin && plan && plan.rest.length + (plan.main ? 1 : 0) > 1 ? () => onPin(pinned === picture.key ? null : picture.key) : undefined}
    />
  );
  return (
    <div ref={stage} class={`stage stage--${plan?.main ? plan.strip : "grid"} ${layout === "exam" ? "stage--exam" : ""}`}>
      {alone ? (
        <div class="stage__alone" role="group" aria-label={t("alone")} tabIndex={0}>
          <SelfTile state={state} place="main" />
          {state.session.phase === "in" && (
            <EmptyState icon={Users} title={t("alone")}>
              {t("aloneText")}
            </EmptyState>
          )}
        </div>
      ) : (
        <>
          {plan.main && tile(plan.main, "main")}
          {plan.main ? (
            <div class="stage__strip">
              {plan.rest.map((picture) => tile(picture, "small"))}
              {plan.ownTile && <SelfTile state={state} place="small" />}
            </div>
          ) : (
            plan.rest.map((picture) => tile(picture, "grid"))
          )}
          {!plan.main && plan.ownTile && <SelfTile state={state} place="grid" />}
          {!plan.ownTile && <SelfTile state={state} place="float" />}
        </>
      )}
    </div>
  );
}
