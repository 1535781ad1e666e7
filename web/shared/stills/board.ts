/** All stills of the consultation with what is drawn on them, as this participant knows them: a value, and what each message makes of it. Pure. */
import type * as P from "../protocol/messages";

export interface Pointer {
  readonly still: string;
  readonly participant: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

export interface Board {
  /** Without their marks: these change with every point that is drawn. */
  readonly stills: readonly P.Still[];
  /** By still. */
  readonly marks: ReadonlyMap<string, readonly P.Mark[]>;
  readonly pointers: readonly Pointer[];
  /** Our own last word on photographs. */
  readonly consent: boolean | null;
  /** May ask for stills and draw on them. */
  readonly mayTake: boolean;
}

export const emptyBoard: Board = { stills: [], marks: new Map(), pointers: [], consent: null, mayTake: false };

export function boardAfter(board: Board, message: P.ServerMessage): Board {
  switch (message.type) {
    case "joined":
    case "rights":
      return { ...board, mayTake: message.rights?.includes("stills") ?? false };
    case "stills":
      return { ...board, stills: message.stills.map(withoutMarks), marks: new Map(message.stills.map(({ id, marks = [] }) => [id, marks])), consent: message.consent, pointers: [] };
    case "still":
      return withStill(board, message.still);
    case "mark":
      return withMarks(board, message.still, (marks) => put(marks, message.mark));
    case "mark.gone":
      return withMarks(board, message.still, (marks) => (message.mark === undefined ? [] : marks.filter((mark) => mark.id !== message.mark)));
    case "pointer":
      return withPointer(board, message);
    case "gone":
      return { ...board, pointers: board.pointers.filter((pointer) => pointer.participant !== message.participant) };
    default:
      return board;
  }
}

function withoutMarks({ marks: _, ...still }: P.Still): P.Still {
  return still;
}

/** What a message does not say stays. */
function withStill(board: Board, still: P.Still): Board {
  const before = board.stills.find((one) => one.id === still.id);
  const now = { ...before, ...still };
  const stills = before ? board.stills.map((one) => (one === before ? now : one)) : [...board.stills, now];
  return { ...board, stills };
}

function withMarks(board: Board, still: string, change: (marks: readonly P.Mark[]) => P.Mark[]): Board {
  return { ...board, marks: new Map(board.marks).set(still, change(marksOf(board, still))) };
}

function put(marks: readonly P.Mark[], mark: P.Mark): P.Mark[] {
  const known = marks.some((one) => one.id === mark.id);
  return known ? marks.map((one) => (one.id === mark.id ? mark : one)) : [...marks, mark];
}

function withPointer(board: Board, { still, participant, name, x, y }: P.Pointed): Board {
  const others = board.pointers.filter((pointer) => pointer.participant !== participant);
  return { ...board, pointers: x === undefined || y === undefined ? others : [...others, { still, participant, name, x, y }] };
}

export const pictureOf = (board: Board, id: string | null): P.Still | null => board.stills.find((still) => still.id === id) ?? null;

const unmarked: readonly P.Mark[] = [];

export const marksOf = (board: Board, still: string): readonly P.Mark[] => board.marks.get(still) ?? unmarked;

/** What can be looked at, newest first. */
export function taken(board: Board): P.Still[] {
  return board.stills.filter((still) => still.state === "taken" || still.state === "ready").reverse();
}

/** Somebody waits for our word on photographs. */
export function mustAnswer(board: Board, me: string): P.Still | undefined {
  return board.stills.find((still) => still.state === "asking" && still.participant === me);
}

/** Our last mark on a still, to be taken back. */
export function lastMarkOf(board: Board, still: string, me: string): P.Mark | undefined {
  return [...marksOf(board, still)].reverse().find((mark) => mark.participant === me);
}
