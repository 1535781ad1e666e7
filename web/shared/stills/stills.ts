/**
 * The stills of a call: takes them when this seat is asked, sends them, fetches those of others, draws and points.
 * Components subscribe to it.
 */
import { language } from "../i18n";
import type { LocalMedia } from "../media/local";
import type { Line } from "../media/quality";
import type * as P from "../protocol/messages";
import type { Session, SessionState } from "../session/session";
import { type Board, boardAfter, emptyBoard, lastMarkOf, pictureOf } from "./board";
import { grab, thumbnail } from "./grab";
import { BrowserOutbox } from "./outbox";
import { type Sending, Uploader } from "./uploader";

export interface StillsState {
  readonly board: Board;
  readonly sending: readonly Sending[];
  /** The still that is shown large. */
  readonly open: string | null;
  /** What we ask for next is to keep every pixel as it was. */
  readonly lossless: boolean;
  /** By still: the address of the picture in this page, full or small. */
  readonly pictures: ReadonlyMap<string, { url: string; full: boolean }>;
}

export interface StillsOptions {
  session: Session;
  local: LocalMedia;
  ticket: string;
  line: () => Line;
  /** One was taken, or could not be. */
  onNews: (still: P.Still) => void;
  onRefused: (words: string) => void;
}

export type Drawing = Omit<P.PutMark, "type" | "still">;

export class Stills {
  state: StillsState = { board: emptyBoard, sending: [], open: null, lossless: false, pictures: new Map() };
  private readonly listeners = new Set<() => void>();
  private readonly uploader: Uploader;
  private readonly taking = new Set<string>();
  private readonly fetching = new Set<string>();
  private readonly unsubscribe: () => void;
  private marks = 0;

  constructor(private readonly options: StillsOptions) {
    this.uploader = new Uploader({
      outbox: new BrowserOutbox(),
      ticket: () => options.ticket,
      language,
      line: options.line,
      onChange: (sending) => this.set({ sending }),
      onRefused: (_parcel, words) => options.onRefused(words),
    });
    this.unsubscribe = options.session.subscribe((session, message) => message && this.onMessage(session, message));
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    this.unsubscribe();
    this.uploader.close();
    for (const { url } of this.state.pictures.values()) if (url.startsWith("blob:")) URL.revokeObjectURL(url);
  }

  ask(participant: string, source: P.Source): Promise<void> {
    return this.options.session.still({ participant, source, format: this.state.lossless ? "png" : "jpeg" });
  }

  setLossless(lossless: boolean): void {
    this.set({ lossless });
  }

  async consent(granted: boolean, forPatient = false): Promise<void> {
    await this.options.session.consent({ purpose: "photographs", granted, ...(forPatient ? { for_patient: true } : {}) });
    if (!forPatient || !granted) this.set({ board: { ...this.state.board, consent: granted } });
  }

  show(open: string | null): void {
    this.set({ open });
    if (open) void this.fetchFull(open);
  }

  // ---- drawing ---------------------------------------------------------------------------------------------------

  /** A name for a new mark: nobody else's, over reloads too. */
  newMark(): string {
    this.marks += 1;
    return `m${Date.now().toString(36)}-${this.marks}`;
  }

  draw(still: string, drawing: Drawing): void {
    this.options.session.draw({ still, ...drawing });
  }

  point(still: string, at: { x: number; y: number } | null): void {
    this.options.session.point({ still, ...at });
  }

  undo(still: string): void {
    const me = this.options.session.state.room?.me ?? "";
    const mark = lastMarkOf(this.state.board, still, me);
    if (mark) this.takeBack(still, mark.id);
  }

  takeBack(still: string, mark: string): void {
    this.options.session.undraw({ still, mark });
  }

  clear(still: string): void {
    this.options.session.undraw({ still });
  }

  setScale(still: string, scale: Pick<P.StillScale, "points" | "length_um" | "against">): Promise<void> {
    return this.options.session.stillScale({ still, ...scale });
  }

  /** A file for the chat, in the background too. */
  sendFile(file: File): Promise<void> {
    const consultation = this.options.session.state.room?.consultation.id ?? "";
    return this.uploader.send({ id: crypto.randomUUID(), consultation, kind: "chat", name: file.name, blob: file, location: null, createdMs: Date.now() });
  }

  /** The bytes of a file or a still, with our ticket. Throws. */
  async content(id: string, part: "content" | "thumbnail" = "content"): Promise<Blob> {
    const consultation = this.options.session.state.room?.consultation.id ?? "";
    const answer = await fetch(`/api/v1/consultations/${consultation}/uploads/${id}/${part}`, { headers: { Authorization: `Bearer ${this.options.ticket}` }, credentials: "omit" });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return answer.blob();
  }

  // ---- what comes ------------------------------------------------------------------------------------------------

  private onMessage(session: SessionState, message: P.ServerMessage): void {
    const before = this.state.board;
    const board = boardAfter(before, message);
    if (board !== before) this.set({ board });
    if (message.type === "stills") this.onAll(session, message);
    if (message.type === "still") this.onStill(session, message, pictureOf(before, message.still.id)?.state);
  }

  private onAll(session: SessionState, { stills }: P.Stills): void {
    if (session.room) void this.uploader.resume(session.room.consultation.id);
    for (const still of stills) {
      if (still.state === "asked" && still.participant === session.room?.me) void this.take(still, session.room.consultation.id);
      if (still.state === "taken" || still.state === "ready") void this.fetchSmall(still.id);
    }
  }

  private onStill(session: SessionState, { still, thumbnail: small }: P.StillChanged, before: P.Still["state"] | undefined): void {
    if (still.state === "asked" && still.participant === session.room?.me) void this.take(still, session.room.consultation.id);
    if (small && !this.state.pictures.get(still.id)?.full) this.setPicture(still.id, { url: `data:image/jpeg;base64,${small}`, full: false });
    if (still.state === "taken" && before !== "taken") {
      this.set({ open: this.state.open ?? still.id });
      this.options.onNews(still);
    }
    if (still.state === "ready" && this.state.open === still.id) void this.fetchFull(still.id);
    if (still.state === "failed" && before !== "failed") this.options.onNews(still);
  }

  /** The thumbnail goes first and over signaling: everybody sees something on the thinnest line. */
  private async take(still: P.Still, consultation: string): Promise<void> {
    if (this.taking.has(still.id)) return;
    this.taking.add(still.id);
    try {
      const track = this.trackOf(still.source);
      if (!track) throw new Error("no such source");
      const picture = await grab(track, still.format ?? "jpeg");
      this.setPicture(still.id, { url: URL.createObjectURL(picture.blob), full: true }); // and is not fetched back over the line it goes out by
      await this.options.session.stillTaken({ still: still.id, width: picture.width, height: picture.height, thumbnail: await thumbnail(picture.blob) });
      await this.uploader.send({ id: still.id, consultation, kind: "still", name: "", blob: picture.blob, location: null, createdMs: Date.now() });
    } catch {
      await this.options.session.stillFailed({ still: still.id }).catch(() => undefined);
    }
    this.taking.delete(still.id);
  }

  private trackOf(source: P.Source): MediaStreamTrack | null {
    const { camera, extras } = this.options.local.state;
    if (source === "camera") return camera.track;
    return extras.find((extra) => extra.source === source && extra.track.kind === "video")?.track ?? null;
  }

  private async fetchSmall(id: string): Promise<void> {
    if (this.state.pictures.has(id)) return;
    const blob = await this.content(id, "thumbnail").catch(() => null);
    if (blob && !this.state.pictures.has(id)) this.setPicture(id, { url: URL.createObjectURL(blob), full: false });
  }

  private async fetchFull(id: string): Promise<void> {
    const ready = pictureOf(this.state.board, id)?.state === "ready";
    if (!ready || this.state.pictures.get(id)?.full || this.fetching.has(id)) return;
    this.fetching.add(id);
    const blob = await this.content(id).catch(() => null);
    this.fetching.delete(id);
    if (blob) this.setPicture(id, { url: URL.createObjectURL(blob), full: true });
  }

  private setPicture(id: string, picture: { url: string; full: boolean }): void {
    const before = this.state.pictures.get(id)?.url;
    if (before?.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(before), 1000);
    this.set({ pictures: new Map(this.state.pictures).set(id, picture) });
  }

  private set(change: Partial<StillsState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of [...this.listeners]) listener();
  }
}
