/** A still large on the stage: the picture, what everybody draws and points at, and the tools of who may draw. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ArrowUpRight, Circle, Eraser, MousePointer2, Pencil, Ruler, Scaling, Type, Undo2, X } from "lucide";
import { sourceName } from "../call/names";
import { useSize } from "../call/hooks";
import { formatNumber, formatTime } from "../i18n";
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";
import { announce, Button, Dialog, type IconNode, SelectField, TextField } from "../ui";
import { marksOf, pictureOf } from "./board";
import { type Point, within } from "./geometry";
import { progressOf } from "./gallery";
import { useHand } from "./hand";
import { useStills } from "./hooks";
import { CursorShape, lengthText, MarkList, MarkShape, PointerShape, ScaleShape } from "./marks";
import type { Stills } from "./stills";
import "./marks.css";
import "./sheet.css";
import "./stills.css";
import type { Tool } from "./tool";
import { t, type Word } from "./words";

interface ViewProps {
  stills: Stills;
  room: Room;
  onFailure: (error: unknown) => void;
}

const tools: readonly { tool: Tool; word: Word; icon: IconNode }[] = [
  { tool: "pointer", word: "pointer", icon: MousePointer2 },
  { tool: "pen", word: "pen", icon: Pencil },
  { tool: "arrow", word: "arrow", icon: ArrowUpRight },
  { tool: "ellipse", word: "ellipse", icon: Circle },
  { tool: "text", word: "text", icon: Type },
  { tool: "measure", word: "measure", icon: Ruler },
  { tool: "scale", word: "scale", icon: Scaling },
];

const against: Readonly<Record<P.Calibration["against"], Word>> = { ruler: "againstRuler", coin: "againstCoin", other: "againstOther" };

export function StillView({ stills, room, onFailure }: ViewProps) {
  const still = useStills(stills, ({ board, open }) => pictureOf(board, open));
  const mayDraw = useStills(stills, ({ board }) => board.mayTake);
  const [tool, setTool] = useState<Tool>("pointer");
  const [text, setText] = useState("");
  const [scaling, setScaling] = useState<readonly number[] | null>(null);
  const [clearing, setClearing] = useState(false);
  if (!still) return null;
  const name = room.participants.get(still.participant)?.name ?? "";
  const choose = (next: Tool) => {
    setTool(next);
    setScaling(null);
  };
  return (
    <section class="still sheet" aria-label={t("picture")} data-testid="still" data-still={still.id} data-state={still.state} onKeyDown={(event) => event.key === "Escape" && tool === "pointer" && stills.show(null)}>
      <header class="sheet__head">
        <span class="sheet__title">{t("stillOf", { source: sourceName(still.source), name, time: formatTime(still.at) })}</span>
        <span class="small quiet-text" data-testid="still-progress">
          {progressOf(still, name)}
        </span>
        <Button kind="quiet" square icon={X} onClick={() => stills.show(null)} data-testid="still-close">
          {t("closeStill")}
        </Button>
      </header>
      <Picture key={still.id} stills={stills} still={still} me={room.me} tool={mayDraw ? tool : "pointer"} text={text} onScale={setScaling} />
      {mayDraw && (
        <div class="still__tools" role="toolbar" aria-label={t("tools")}>
          {tools.map(({ tool: one, word, icon }) => (
            <Button key={one} kind={tool === one ? "primary" : "quiet"} square icon={icon} title={t(word)} aria-pressed={tool === one} onClick={() => choose(one)} data-testid={`tool-${one}`}>
              {t(word)}
            </Button>
          ))}
          <Button kind="quiet" square icon={Undo2} title={t("undo")} onClick={() => stills.undo(still.id)} data-testid="tool-undo">
            {t("undo")}
          </Button>
          <Button kind="quiet" square icon={Eraser} title={t("clear")} onClick={() => setClearing(true)} data-testid="tool-clear">
            {t("clear")}
          </Button>
        </div>
      )}
      {tool === "text" && mayDraw && <TextField label={t("textLabel")} hint={t("textHint")} value={text} maxLength={120} onInput={(event) => setText(event.currentTarget.value)} data-testid="mark-text" />}
      {tool === "scale" && mayDraw && !scaling && <p class="small quiet-text">{t("scaleHint")}</p>}
      {scaling && <ScaleForm onSet={(length_um, by) => void stills.setScale(still.id, { points: [...scaling], length_um, against: by }).then(() => choose("measure"), onFailure)} />}
      <p class="small" data-testid="still-scale">
        {still.calibration ? t("scaleBy", { against: t(against[still.calibration.against]), length: formatNumber(still.calibration.length_um / 1000, 1), name: still.calibration.name }) : tool === "measure" ? t("noScale") : ""}
      </p>
      <MarksInWords stills={stills} still={still} me={room.me} />
      {clearing && (
        <Dialog
          title={t("clearQuestion")}
          onClose={() => setClearing(false)}
          actions={
            <Button kind="danger" onClick={() => (stills.clear(still.id), setClearing(false))} data-testid="clear-yes">
              {t("clear")}
            </Button>
          }
        >
          <p>{t("clearText")}</p>
        </Dialog>
      )}
    </section>
  );
}

function MarksInWords({ stills, still, me }: { stills: Stills; still: P.Still; me: string }) {
  const marks = useStills(stills, ({ board }) => marksOf(board, still.id));
  useDrawingsOfOthers(still.id, marks, me);
  return <MarkList marks={marks} scale={still.calibration} />;
}

/** Who cannot see the picture hears that somebody drew on it; not every point of a line. */
function useDrawingsOfOthers(still: string, marks: readonly P.Mark[], me: string): void {
  const count = marks.filter((mark) => mark.participant !== me).length;
  const before = useRef({ still, count });
  useEffect(() => {
    const last = marks.at(-1);
    if (before.current.still === still && count > before.current.count && last) announce(t("drew", { name: last.name }));
    before.current = { still, count };
  }, [still, count]);
}

function ScaleForm({ onSet }: { onSet: (lengthUm: number, by: P.Calibration["against"]) => void }) {
  const [length, setLength] = useState("");
  const [by, setBy] = useState<P.Calibration["against"]>("ruler");
  const [wrong, setWrong] = useState(false);
  const set = (event: Event) => {
    event.preventDefault();
    const mm = Number(length.replace(",", "."));
    const good = mm >= 0.1 && mm <= 1000;
    setWrong(!good);
    if (good) onSet(Math.round(mm * 1000), by);
  };
  return (
    <form class="still__scale" onSubmit={set}>
      <TextField label={t("scaleLength")} inputMode="decimal" value={length} error={wrong ? t("scaleWrong") : undefined} onInput={(event) => setLength(event.currentTarget.value)} data-testid="scale-length" />
      <SelectField label={t("scaleAgainst")} choices={(["ruler", "coin", "other"] as const).map((value) => ({ value, label: t(against[value]) }))} value={by} onChoose={(value) => setBy(value as P.Calibration["against"])} />
      <Button type="submit" kind="primary" data-testid="scale-set">
        {t("scaleSet")}
      </Button>
    </form>
  );
}

interface PictureProps {
  stills: Stills;
  still: P.Still;
  me: string;
  tool: Tool;
  text: string;
  onScale: (points: readonly number[]) => void;
}

function Picture({ stills, still, me, tool, text, onScale }: PictureProps) {
  const svg = useRef<SVGSVGElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const space = useSize(frame);
  const width = still.width ?? 16;
  const height = still.height ?? 9;
  const unit = 1 / Math.max(0.01, Math.min(space.width / width, space.height / height));
  const hand = useHand({ stills, still, tool, text, width, height, onScale });
  const picture = useStills(stills, ({ pictures }) => pictures.get(still.id));
  const place = (event: PointerEvent): Point => {
    const matrix = svg.current?.getScreenCTM()?.inverse();
    const at = matrix ? new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix) : new DOMPoint();
    return within([at.x, at.y], width, height);
  };
  const own = hand.stroke;
  const drawn = own?.mark;
  const marks = useMemo(() => <Marks stills={stills} still={still} except={drawn} width={width} unit={unit} />, [stills, still, drawn, width, unit]); // not with every move of the hand
  return (
    <div ref={frame} class="still__frame">
      {picture && <img class="still__picture still__photograph" src={picture.url} alt="" />}
      <svg
        ref={svg}
        class="still__picture still__marks"
        viewBox={`0 0 ${width} ${height}`}
        role="application"
        tabIndex={0}
        aria-label={`${t("picture")}. ${t("pictureKeys")}`}
        data-testid="still-picture"
        data-full={picture?.full ?? false}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          hand.press(place(event));
        }}
        onPointerMove={(event) => hand.move(place(event))}
        onPointerUp={(event) => hand.release(place(event))}
        onPointerCancel={() => hand.giveUp()}
        onPointerLeave={() => hand.leave()}
        onBlur={() => hand.leave()}
        onKeyDown={(event) => hand.key(event)}
      >
        {marks}
        {own && own.tool !== "scale" && own.tool !== "pointer" && <MarkShape mark={{ id: own.mark, participant: me, name: "", kind: own.tool, points: [...own.points], text }} width={width} unit={unit} scale={still.calibration} />}
        {still.calibration && <ScaleShape points={still.calibration.points} width={width} unit={unit} text={lengthText(still.calibration.points, still.calibration)} />}
        {own?.tool === "scale" && <ScaleShape points={own.points} width={width} unit={unit} />}
        <Pointers stills={stills} still={still.id} me={me} width={width} unit={unit} />
        {hand.cursor && <CursorShape at={hand.cursor} unit={unit} />}
      </svg>
    </div>
  );
}

interface OnPicture {
  stills: Stills;
  width: number;
  unit: number;
}

/** What is drawn, but for the mark that is under the hand. */
function Marks({ stills, still, except, width, unit }: OnPicture & { still: P.Still; except: string | undefined }) {
  const marks = useStills(stills, ({ board }) => marksOf(board, still.id));
  return (
    <>
      {marks.filter((mark) => mark.id !== except).map((mark) => <MarkShape key={mark.id} mark={mark} width={width} unit={unit} scale={still.calibration} />)}
    </>
  );
}

function Pointers({ stills, still, me, width, unit }: OnPicture & { still: string; me: string }) {
  const pointers = useStills(stills, ({ board }) => board.pointers);
  return (
    <>
      {pointers.filter((pointer) => pointer.still === still && pointer.participant !== me).map((pointer) => <PointerShape key={pointer.participant} pointer={pointer} width={width} unit={unit} />)}
    </>
  );
}
