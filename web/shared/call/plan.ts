/** What the stage shows where: from the room and the viewer's choices to tiles, and from tiles to a view message. Pure. */
import type * as P from "../protocol/messages";
import { others, type Room } from "../session/room";
import { type Box, gridOf, stageOf } from "./layout";

export type LayoutName = "grid" | "speaker" | "exam" | "papers";
export const layoutNames: readonly LayoutName[] = ["grid", "speaker", "exam", "papers"];

export interface Picture {
  key: string;
  person: P.Participant;
  source: P.Source;
  label: string;
}

export interface Plan {
  layout: LayoutName;
  main: Picture | null;
  mainBox: Box;
  /** The grid's tiles, or the strip's. */
  rest: readonly Picture[];
  restBox: Box;
  strip: "right" | "below" | "none";
  ownTile: boolean;
}

export const keyOf = (participant: string, source: P.Source) => `${participant}/${source}`;

/** Every picture that somebody else offers: each person's face (also when the camera is off), then further sources. */
export function picturesOf(room: Room): Picture[] {
  const people = others(room);
  const faces = people.map((person): Picture => ({ key: keyOf(person.id, "camera"), person, source: "camera", label: "" }));
  return [...sourcesOf(room), ...faces];
}

export function sourcesOf(room: Room): Picture[] {
  return others(room).flatMap((person) =>
    person.tracks
      .filter((track) => track.kind === "video" && track.source !== "camera")
      .map((track): Picture => ({ key: keyOf(person.id, track.source), person, source: track.source, label: track.label ?? "" })),
  );
}

export interface PlanChoices {
  layout: LayoutName;
  /** The picture that the viewer asked to see large. */
  pinned: string | null;
  /** One's own picture: a tile among the others, or floating over a grid of few. */
  ownTile: boolean;
}

/** Over a grid of few, one's own picture floats; among more it would cover somebody. */
const mostUnderFloating = 2;

export function planOf(room: Room, choices: PlanChoices, space: Box, gap: number): Plan {
  const pictures = picturesOf(room);
  const main = mainOf(room, pictures, choices);
  if (!main) {
    const ownTile = choices.ownTile || pictures.length > mostUnderFloating;
    const grid = gridOf(pictures.length + (ownTile ? 1 : 0), space, gap);
    return { layout: "grid", main: null, mainBox: space, rest: pictures, restBox: grid.tile, strip: "none", ownTile };
  }
  const rest = pictures.filter((picture) => picture !== main);
  const ownTile = choices.ownTile || rest.length > 0;
  const stage = stageOf(rest.length + (ownTile ? 1 : 0), space, gap);
  const layout = choices.layout === "grid" ? "speaker" : choices.layout;
  return { layout, main, mainBox: stage.main, rest, restBox: stage.small, strip: stage.strip, ownTile };
}

/** Pinned first; an exam wants a source, a talk the speaker; a grid steps back for a shared screen. */
function mainOf(room: Room, pictures: readonly Picture[], { layout, pinned }: PlanChoices): Picture | null {
  const chosen = pictures.find((picture) => picture.key === pinned);
  if (chosen) return chosen;
  const screen = pictures.find((picture) => picture.source === "screen");
  if (layout === "grid") return pictures.length > 1 ? (screen ?? null) : null;
  const source = pictures.find((picture) => picture.source !== "camera");
  const speaker = pictures.find((picture) => picture.person.id === room.speaker && picture.source === "camera");
  return (layout === "exam" ? source : screen) ?? speaker ?? pictures[0] ?? null;
}

const hiddenBox: Box = { width: 160, height: 90 };

/** Nobody looks at a hidden page: its pictures are asked for small, so that they are there when it is looked at again. */
export function viewOf(plan: Plan, deviceRatio: number, hidden: boolean): P.View["items"] {
  const item = (picture: Picture, box: Box, pinned: boolean): P.View["items"][number] => {
    const size = hidden ? hiddenBox : { width: box.width * deviceRatio, height: box.height * deviceRatio };
    const { width, height } = { width: Math.min(8192, Math.round(size.width)), height: Math.min(8192, Math.round(size.height)) };
    const basic = { participant: picture.person.id, source: picture.source, width, height };
    return pinned ? { ...basic, pinned } : basic;
  };
  const seen = (picture: Picture) => picture.source !== "camera" || picture.person.camera;
  const rest = plan.rest.filter(seen).map((picture) => item(picture, plan.restBox, false));
  return (plan.main && seen(plan.main) ? [item(plan.main, plan.mainBox, true), ...rest] : rest).slice(0, 64);
}
