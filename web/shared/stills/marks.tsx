/**
 * What is drawn on a still, as SVG in the picture's own pixels. Every mark carries its author's name: colour alone tells
 * nothing. `unit` is how many of the picture's pixels make one on the screen, so that lines and letters keep their size.
 */
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { formatNumber, language } from "../i18n";
import type * as P from "../protocol/messages";
import type { Pointer } from "./board";
import { arrowHead, boxOf, millimetres, type Point } from "./geometry";
import { t, type Word } from "./words";

const colours = 6;

/** The same person has the same colour everywhere. */
function colourOf(participant: string): number {
  return [...participant].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7) % colours;
}

interface MarkProps {
  mark: P.Mark;
  /** Of the picture, in its own pixels. */
  width: number;
  unit: number;
  scale: P.Calibration | undefined;
}

/** Drawn anew only when it changes: of all that is on a picture, a point that comes touches one mark. */
export function MarkShape({ mark, width, unit, scale }: MarkProps) {
  const [x = 0, y = 0] = mark.points;
  return useMemo(
    () => (
      <g class={`mark mark--${colourOf(mark.participant)}`} data-testid="mark" data-kind={mark.kind} data-by={mark.participant}>
        <Edged draw={() => <Shape mark={mark} unit={unit} />} />
        <Label x={x} y={y} width={width} unit={unit} text={labelOf(mark, scale)} />
      </g>
    ),
    [mark, width, unit, scale],
  );
}

/** Dark beneath and bright above, so that it is seen on any picture; a shadow would be computed with every point that is drawn. */
function Edged({ draw }: { draw: () => VNode }) {
  return (
    <>
      <g class="mark__edge">{draw()}</g>
      {draw()}
    </>
  );
}

/** The line whose length is known. */
export function ScaleShape({ points, width, unit, text }: { points: readonly number[]; width: number; unit: number; text?: string }) {
  const [x = 0, y = 0] = points;
  return (
    <g class="mark mark--scale">
      <Edged draw={() => <Ruled points={points} unit={unit} />} />
      {text && <Label x={x} y={y} width={width} unit={unit} text={text} />}
    </g>
  );
}

/** A text says itself and who wrote it, a measured line its length. */
function labelOf(mark: P.Mark, scale: P.Calibration | undefined): string {
  if (mark.kind === "text") return `${mark.text ?? ""} – ${mark.name}`;
  return mark.kind === "measure" ? `${lengthText(mark.points, scale)} – ${mark.name}` : mark.name;
}

export function lengthText(points: readonly number[], scale: P.Calibration | undefined): string {
  const mm = millimetres(points, scale);
  return mm === null ? t("lengthUnknown") : t("lengthMm", { length: formatNumber(mm, 1) });
}

function Shape({ mark: { kind, points }, unit }: { mark: P.Mark; unit: number }) {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points;
  if (kind === "pen") return <polyline points={points.join(" ")} />;
  if (kind === "arrow")
    return (
      <>
        <line x1={x1} y1={y1} x2={x2} y2={y2} />
        <polyline points={arrowHead(points, 14 * unit)} />
      </>
    );
  if (kind === "ellipse") {
    const { x, y, width, height } = boxOf(points);
    return <ellipse cx={x + width / 2} cy={y + height / 2} rx={width / 2} ry={height / 2} />;
  }
  if (kind === "measure") return <Ruled points={points} unit={unit} />;
  return <circle cx={x1} cy={y1} r={3 * unit} />;
}

/** A line with a stop at each end. */
function Ruled({ points, unit }: { points: readonly number[]; unit: number }) {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points;
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy] = [(-(y2 - y1) / length) * 7 * unit, ((x2 - x1) / length) * 7 * unit];
  return (
    <>
      <line x1={x1} y1={y1} x2={x2} y2={y2} />
      <line x1={x1 - dx} y1={y1 - dy} x2={x1 + dx} y2={y1 + dy} />
      <line x1={x2 - dx} y1={y2 - dy} x2={x2 + dx} y2={y2 + dy} />
    </>
  );
}

/** Words at a point of the picture, on the side where there is more of it. */
function Label({ x, y, width, unit, text }: { x: number; y: number; width: number; unit: number; text: string }) {
  const beside = 8 * unit;
  const left = x > width / 2;
  return (
    <text class="mark__name" x={left ? x - beside : x + beside} y={Math.max(14 * unit, y - beside)} text-anchor={left ? "end" : "start"} font-size={14 * unit} stroke-width={4 * unit}>
      {text}
    </text>
  );
}

/** Somebody's finger on the picture, with the name beside it. */
export function PointerShape({ pointer, width, unit }: { pointer: Pointer; width: number; unit: number }) {
  return (
    <g class={`mark mark--pointer mark--${colourOf(pointer.participant)}`} data-testid="pointer" data-by={pointer.participant}>
      <Edged
        draw={() => (
          <>
            <circle cx={pointer.x} cy={pointer.y} r={10 * unit} />
            <circle cx={pointer.x} cy={pointer.y} r={2 * unit} />
          </>
        )}
      />
      <Label x={pointer.x} y={pointer.y} width={width} unit={unit} text={pointer.name} />
    </g>
  );
}

/** Where the keyboard's point is. */
export function CursorShape({ at: [x, y], unit }: { at: Point; unit: number }) {
  const arm = 12 * unit;
  return (
    <g class="mark mark--cursor">
      <Edged draw={() => <path d={`M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`} />} />
    </g>
  );
}

const kinds: Readonly<Record<P.Mark["kind"], Word>> = { pen: "pen", arrow: "arrow", ellipse: "ellipse", text: "text", measure: "measure" };

/** The same for who cannot see it. */
export function MarkList({ marks, scale }: { marks: readonly P.Mark[]; scale: P.Calibration | undefined }) {
  return (
    <ul class="visually-hidden" aria-label={t("marks")}>
      {marks.map((mark) => (
        <MarkLine key={mark.id} mark={mark} scale={scale} />
      ))}
    </ul>
  );
}

function MarkLine({ mark, scale }: { mark: P.Mark; scale: P.Calibration | undefined }) {
  return useMemo(
    () => (
      <li>
        {t("markOf", { kind: t(kinds[mark.kind]), name: mark.name })}
        {mark.kind === "text" && `: ${mark.text ?? ""}`}
        {mark.kind === "measure" && `: ${lengthText(mark.points, scale)}`}
      </li>
    ),
    [mark, scale, language()],
  );
}
