/**
 * A participant's side of a consultation: connects, joins, resumes after a dropped socket, renews the transport, and
 * tells what became of it. Knows no DOM; time comes from the timers, sockets and transports from the ports.
 *
 *   idle → connecting → (waiting →) in ⇄ reconnecting → ended
 *
 * Signaling and media fail apart: while the socket is away the transport goes on, and the other way round.
 */
import type * as P from "../protocol/messages";
import { listenWithinMs, Negotiator } from "./negotiator";
import type { Memory, SessionPorts } from "./ports";
import { openWithinMs, type RetryPolicy, socketPolicy, transportPolicy } from "./policy";
import { type Room, roomAfter, roomFrom, withSlots } from "./room";
import { type Notice, type Request, RequestError, Wire } from "./wire";

export type Phase = "idle" | "connecting" | "waiting" | "in" | "reconnecting" | "ended";

/** Why it is over. For "error" the code and words are the server's. */
export interface End {
  reason: P.Ended["reason"] | "replaced" | "error";
  code?: string;
  message?: string;
  action?: string;
}

/** The server lets nobody in for now; it is asked again by itself. The words are the server's. */
export interface Held {
  code: string;
  message: string;
  action: string;
  /** By this machine's clock. */
  untilMs: number;
}

export interface SessionState {
  readonly phase: Phase;
  readonly room: Room | null;
  readonly end: End | null;
  readonly held: Held | null;
  /** Tries since the socket was lost. */
  readonly attempt: number;
  readonly media: "none" | "connecting" | "connected" | "disturbed";
}

export interface SessionOptions {
  url: string;
  ticket: string;
  /** From before a reload. */
  memory?: Memory | null;
  ports: SessionPorts;
  socketPolicy?: RetryPolicy;
  transportPolicy?: RetryPolicy;
  /** Where they are known before the answer to the join, the offer goes right behind it. */
  iceServers?: readonly P.IceServer[] | undefined;
}

export interface SwitchedOn {
  microphone: boolean;
  camera: boolean;
  hand: boolean;
  speaks: P.Channel;
  listens: P.Channel;
  offers: P.OfferedSource[];
  cameras: P.Camera[];
}

/** Short for a person who has just opened the laptop, or whose line fell silent; longer where the line is known to be long. */
const quickCheckMs = (rttMs: number | null) => 800 + 4 * (rttMs ?? 300);
const prepareAgainMs = 100;
/** A server that has much to do may keep silent for a moment. */
const otherWayAfterMs = 100;
/** As many as the server asks for in an empty room; for more there is another offer. */
const firstSlots = { audio: 4, video: 4 };

type Listener = (state: SessionState, message: P.ServerMessage | null) => void;
type RequestBody<T extends Request["type"]> = Omit<Extract<Request, { type: T }>, "id" | "type">;

export class Session {
  private current: SessionState = { phase: "idle", room: null, end: null, held: null, attempt: 0, media: "none" };
  private readonly listeners = new Set<Listener>();
  private wire: Wire | null = null;
  private url: string;
  private token: string | null;
  private attempt = 0;
  private rttMs: number | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private switchedOn: SwitchedOn = { microphone: false, camera: false, hand: false, speaks: "floor", listens: "floor", offers: [], cameras: [] };
  private view: P.View | null = null;
  private readonly negotiator: Negotiator;
  private readonly ports: SessionPorts;

  constructor(private readonly options: SessionOptions) {
    this.ports = options.ports;
    this.url = options.url;
    const memory = options.memory?.ticket === options.ticket ? options.memory : null;
    this.token = memory?.token ?? null;
    this.negotiator = new Negotiator({
      openTransport: (config, events) => this.ports.openTransport(config, events),
      policy: options.transportPolicy ?? transportPolicy,
      firstGeneration: (memory?.generation ?? 0) + 1,
      offer: (offer) => this.ask("offer", offer) as Promise<P.Answer>,
      onAnswer: (answer) => this.setRoom((room) => withSlots(room, answer.slots, true), answer),
      onState: (media) => this.mediaChanged(media),
      onSilence: (sending) => this.suspect(sending),
      onGeneration: () => this.remember(),
    });
  }

  get state(): SessionState {
    return this.current;
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  start(): void {
    if (this.current.phase !== "idle") return;
    this.set({ phase: "connecting" }, null);
    this.connect();
  }

  /** Tells the server and ends here at once. */
  leave(): void {
    this.wire?.send({ type: "leave" });
    this.finish({ reason: "left" });
  }

  /** The page goes away (reload, close): let go of everything, forget nothing. */
  suspend(): void {
    clearTimeout(this.retryTimer);
    this.negotiator.close();
    const wire = this.wire;
    this.wire = null;
    wire?.close();
  }

  setSwitchedOn(change: Partial<SwitchedOn>): void {
    const before = JSON.stringify(this.switchedOn);
    this.switchedOn = { ...this.switchedOn, ...change };
    if (JSON.stringify(this.switchedOn) === before) return;
    this.notice({ type: "state", ...this.switchedOn });
  }

  /** What is shown; the same again is not sent. */
  setView(items: P.View["items"], maxBps?: number): void {
    const view: P.View = maxBps === undefined ? { type: "view", items } : { type: "view", items, max_bps: maxBps };
    if (JSON.stringify(view) === JSON.stringify(this.view)) return;
    this.view = view;
    this.notice(view);
  }

  reportQuality(quality: Omit<P.Quality, "type">): void {
    this.notice({ type: "quality", ...quality });
  }

  record(action: P.Record["action"]): Promise<void> {
    return this.ask("record", { action }).then(() => undefined);
  }
  consent(answer: RequestBody<"consent">): Promise<void> {
    return this.ask("consent", { ...answer, language: this.ports.language() }).then(() => undefined);
  }
  chat(text: string): Promise<void> {
    return this.ask("chat", { text }).then(() => undefined);
  }
  still(what: RequestBody<"still">): Promise<void> {
    return this.ask("still", what).then(() => undefined);
  }
  stillTaken(what: RequestBody<"still.taken">): Promise<void> {
    return this.ask("still.taken", what).then(() => undefined);
  }
  stillFailed(what: RequestBody<"still.failed">): Promise<void> {
    return this.ask("still.failed", what).then(() => undefined);
  }
  stillScale(what: RequestBody<"still.scale">): Promise<void> {
    return this.ask("still.scale", what).then(() => undefined);
  }
  draw(mark: Omit<P.PutMark, "type">): void {
    this.notice({ type: "mark", ...mark });
  }
  undraw(mark: Omit<P.RemoveMark, "type">): void {
    this.notice({ type: "mark.remove", ...mark });
  }
  point(where: Omit<P.Point, "type">): void {
    this.notice({ type: "pointer", ...where });
  }
  moderate(action: P.Moderate["action"], participant?: string): Promise<void> {
    return this.ask("moderate", participant === undefined ? { action } : { action, participant }).then(() => undefined);
  }

  /** Doctors talk apart, I among them; or it is over. */
  side(action: P.Side["action"], participants: readonly string[] = []): Promise<void> {
    return this.ask("side", { action, participants: [...participants] }).then(() => undefined);
  }
  askSource(participant: string, source: P.Source, action: P.SourceAsk["action"]): Promise<void> {
    return this.ask("source.ask", { participant, source, action }).then(() => undefined);
  }
  declineSource(participant: string, source: P.Source): Promise<void> {
    return this.ask("source.decline", { participant, source }).then(() => undefined);
  }
  /** A step, in thousandths of the camera's range. */
  turnCamera(participant: string, source: P.Source, step: { pan?: number; tilt?: number; zoom?: number }): Promise<void> {
    return this.ask("camera.move", { participant, source, ...step, relative: true }).then(() => undefined);
  }
  cameraPreset(participant: string, source: P.Source, action: P.CameraPreset["action"], name: string): Promise<void> {
    return this.ask("camera.preset", { participant, source, action, name }).then(() => undefined);
  }
  releaseCamera(participant: string, source: P.Source): Promise<void> {
    return this.ask("camera.release", { participant, source }).then(() => undefined);
  }
  /** A word to one who waits outside. */
  tell(participant: string, text: string): Promise<void> {
    return this.ask("moderate", { action: "tell", participant, text }).then(() => undefined);
  }

  /** Somebody looks again after a while: is the server still there? Waiting for the next try ends at once. */
  check(): void {
    if (this.current.phase === "in" || this.current.phase === "waiting") void this.wire?.check(quickCheckMs(this.wire.rttMs));
    else if (this.current.phase === "reconnecting" && !this.wire?.isOpen) this.reconnect(0);
  }

  /** Somebody who is held does not want to wait for the countdown. */
  knock(): void {
    if (this.current.held) this.reconnect(0);
  }

  /** What can be sent is little, by the browser's own estimate: no word of the server comes through such a line in time. */
  ownLine(thin: boolean): void {
    this.negotiator.setThin("own", thin);
  }

  /** The machine is online again or its address changed: do not wait for timeouts to find out. */
  networkChanged(): void {
    if (this.current.phase === "reconnecting" || this.current.phase === "connecting") {
      this.attempt = 0;
      if (!this.wire?.isOpen) this.reconnect(0);
    } else if (this.current.phase === "in") {
      void this.wire?.check(quickCheckMs(this.wire.rttMs));
      this.negotiator.restartIce();
    }
  }

  /** Media go a longer way than they might. */
  lookForPath(): void {
    if (this.current.phase === "in") this.negotiator.restartIce();
  }

  /** What is sent changed (a screen, another camera): offer it. */
  renegotiate(): void {
    this.negotiator.negotiate();
  }

  // ---- the socket ------------------------------------------------------------------------------------------------

  private connect(): void {
    const events = {
      onOpen: () => void this.enter(wire),
      onMessage: (message: P.ServerMessage) => this.wire === wire && this.receive(message),
      isHeard: () => this.negotiator.heardMs > 0,
      onDown: (silent: boolean) => this.wire === wire && this.lost(silent),
    };
    const wire: Wire = new Wire(this.ports.openSocket(this.url), events, openWithinMs(this.attempt, this.rttMs, this.current.media === "connected"));
    this.wire = wire;
  }

  /**
   * When nothing arrives any more, either nobody sends, or the line has become thin or is gone, or this machine has another address, of
   * which browsers tell late or never. A socket bound to the old address is dead: so one is begun beside it, and if that opens before
   * the old one has answered or anything is heard, it takes its place, and brings a restart of ICE. Until then the old one is kept,
   * slow as it may be: on a line that has become thin another would take ten seconds and more. One that is known to be thin has no room for two.
   * Where the old one answers, and yet the server says nothing of what is sent to it, only the media's way is gone, and there may be another.
   */
  private suspect(sending: boolean): void {
    const { wire } = this;
    if (!wire) return;
    const since = Date.now() + listenWithinMs;
    const isHeard = () => this.negotiator.heardMs > since;
    const isSilent = () => this.wire === wire && !isHeard();
    let asked = true;
    void wire.check(quickCheckMs(wire.rttMs), isHeard).then(() => {
      asked = false;
      if (sending) setTimeout(() => isSilent() && this.negotiator.leavePath(), otherWayAfterMs);
    });
    if (this.negotiator.isThin()) return;
    this.prepareBeside(wire, () => asked && isSilent());
    this.negotiator.standBy();
  }

  /** A new address may have no way for a moment. */
  private prepareBeside(wire: Wire, isDue: () => boolean): void {
    this.ports.prepareSocket(this.url, (open) => {
      if (!isDue()) return;
      if (open) wire.giveUp();
      else setTimeout(() => isDue() && this.prepareBeside(wire, isDue), prepareAgainMs);
    });
  }

  /** Whoever was silent has had time enough; whoever said no is given some. */
  private lost(silent: boolean): void {
    this.rttMs = this.wire?.rttMs ?? this.rttMs;
    this.wire = null;
    if (this.current.phase === "ended") return;
    this.negotiator.setSignaling(false);
    if (this.current.room) this.set({ phase: "reconnecting" }, null);
    this.reconnect(silent ? 0 : (this.options.socketPolicy ?? socketPolicy).delayMs(this.attempt));
    this.attempt += 1;
    this.set({ attempt: this.attempt, held: null }, null);
  }

  private reconnect(afterMs: number): void {
    clearTimeout(this.retryTimer);
    const old = this.wire;
    this.wire = null;
    old?.close();
    this.retryTimer = setTimeout(() => this.connect(), afterMs);
  }

  /** Media that come back say that the line has: a socket that was begun in the outage would find out late. */
  private mediaChanged(media: SessionState["media"]): void {
    const isBack = media === "connected" && this.current.media === "disturbed";
    this.set({ media }, null);
    if (isBack) this.check();
  }

  /** First message on a fresh socket: resume if we were in, else join. */
  private async enter(wire: Wire): Promise<void> {
    const language = this.ports.language();
    try {
      let joined: P.ServerMessage | null = null;
      if (this.token !== null) joined = await this.resume(wire, this.token, language);
      joined ??= await this.join(wire, language);
      if (joined.type === "joined" && this.wire === wire) this.entered(joined);
    } catch (error) {
      if (this.wire === wire) this.refused(error);
    }
  }

  private join(wire: Wire, language: P.Language): Promise<P.ServerMessage> {
    const asked = wire.request({ type: "join", ticket: this.options.ticket, language, client: this.ports.client });
    const { iceServers } = this.options;
    if (iceServers && !this.current.room) {
      this.negotiator.configure({ slots: firstSlots, iceServers });
      this.negotiator.joinAhead();
    }
    return asked;
  }

  private async resume(wire: Wire, token: string, language: P.Language): Promise<P.ServerMessage | null> {
    const asked = wire.request({ type: "resume", token, language });
    this.negotiator.goAhead();
    try {
      return await asked;
    } catch (error) {
      const useless = error instanceof RequestError && ["token_expired", "not_found", "not_joined", "bad_message"].includes(error.code);
      if (!useless) throw error;
      this.token = null;
      return null;
    }
  }

  private refused(error: unknown): void {
    const known = error instanceof RequestError ? error : null;
    if (!known || known.code === "down" || known.code === "timeout") return; // the wire's end brings the next try
    if (known.code === "busy" || known.code === "internal") {
      this.wire?.close();
      return;
    }
    if (known.retryAfterS > 0) {
      this.hold(known);
      return;
    }
    if (known.code === "ended" || known.code === "removed" || known.code === "replaced") this.finish({ reason: known.code, message: known.message, action: known.action });
    else this.finish({ reason: "error", code: known.code, message: known.message, action: known.action });
  }

  private hold({ code, message, action, retryAfterS }: RequestError): void {
    const waitMs = retryAfterS * 1000;
    this.withdraw();
    this.set({ held: { code, message, action, untilMs: Date.now() + waitMs } }, null);
    this.reconnect(waitMs);
  }

  private entered(joined: P.Joined): void {
    this.attempt = 0;
    this.token = joined.token;
    const room = roomFrom(joined, Date.now(), this.current.room);
    this.set({ phase: room.waiting ? "waiting" : "in", room, held: null, attempt: 0 }, joined);
    this.remember();
    this.negotiator.configure({ slots: joined.slots, iceServers: joined.ice_servers ?? [] });
    this.wire?.send({ type: "state", ...this.switchedOn });
    if (this.view) this.wire?.send(this.view);
    this.negotiator.setSignaling(true);
    if (room.waiting) this.withdraw();
    else this.negotiator.begin(joined.media);
  }

  private withdraw(): void {
    this.negotiator.withdraw();
    this.set({ media: "none" }, null);
  }

  // ---- what the server says --------------------------------------------------------------------------------------

  private receive(message: P.ServerMessage): void {
    switch (message.type) {
      case "admitted":
        this.set({ phase: "in" }, null);
        this.setRoom((room) => roomAfter(room, message), message);
        this.negotiator.begin("new");
        return;
      case "slots.wanted":
        this.negotiator.wantSlots({ audio: message.audio, video: message.video });
        return;
      case "renew":
        this.negotiator.renew();
        return;
      case "speech":
        this.negotiator.setThin("heard", message.thin);
        return;
      case "restart":
        this.negotiator.restartIce();
        return;
      case "moved":
        this.url = message.url;
        this.token = null;
        this.negotiator.setSignaling(false);
        this.reconnect(0);
        return;
      case "ended":
        this.over(message);
        return;
      case "error":
        this.complained(message);
        return;
      default:
        this.setRoom((room) => roomAfter(room, message), message);
    }
  }

  /** A server that shuts down is usually one that restarts: the consultation is not over, so keep knocking. */
  private over(message: P.Ended): void {
    if (message.reason === "shutdown") this.wire?.close();
    else this.finish({ reason: message.reason });
  }

  private complained(message: P.Error): void {
    if (message.code === "replaced" || message.code === "removed" || message.code === "ended") this.finish({ reason: message.code, message: message.message, action: message.action });
    else if (message.fatal) this.finish({ reason: "error", code: message.code, message: message.message, action: message.action });
    else this.emit(message);
  }

  private finish(end: End): void {
    if (this.current.phase === "ended") return;
    clearTimeout(this.retryTimer);
    this.negotiator.close();
    const wire = this.wire;
    this.wire = null;
    this.ports.remember(null);
    this.set({ phase: "ended", end, held: null, media: "none" }, null);
    wire?.close();
  }

  // ---- small things ----------------------------------------------------------------------------------------------

  private ask<T extends Request["type"]>(type: T, body: RequestBody<T>): Promise<P.ServerMessage> {
    if (!this.wire) return Promise.reject(new RequestError("down", "The socket is not open."));
    return this.wire.request({ type, ...body } as never);
  }

  /** Only while the server knows us; what was set meanwhile is sent when we are in again. */
  private notice(message: Notice): void {
    if (this.current.phase === "in" || this.current.phase === "waiting") this.wire?.send(message);
  }

  private remember(): void {
    if (this.token === null || this.current.phase === "ended") return;
    this.ports.remember({ ticket: this.options.ticket, token: this.token, generation: this.negotiator.generation });
  }

  private setRoom(change: (room: Room) => Room, message: P.ServerMessage): void {
    const { room } = this.current;
    const next = room && change(room);
    if (next === room) this.emit(message);
    else this.set({ room: next }, message);
  }

  private set(change: Partial<SessionState>, message: P.ServerMessage | null): void {
    this.current = { ...this.current, ...change };
    this.emit(message);
  }

  private emit(message: P.ServerMessage | null): void {
    for (const listener of [...this.listeners]) listener(this.current, message);
  }
}
