/**
 * One WebSocket of `hoichan.v1`: numbers requests, matches answers, notices silence. It lives as long as its socket;
 * the session makes a new one for each try.
 */
import type * as P from "../protocol/messages";

export interface SocketLike {
  send(text: string): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
}

export interface WireEvents {
  onOpen(): void;
  onMessage(message: P.ServerMessage): void;
  /** Whether the line is seen to carry something beside this socket. */
  isHeard(): boolean;
  /** Once, however it ended; all requests are rejected by then. `silent`: it never opened, and nobody said no. */
  onDown(silent: boolean): void;
}

/** A request that came to nothing: the server said no (its error), or the socket went away (code "down"). */
export class RequestError extends Error {
  constructor(
    readonly code: P.Error["code"] | "down" | "timeout",
    message: string,
    readonly action: string = "",
    readonly fatal: boolean = false,
    /** Trying again by itself is worth while then; 0: it is not. */
    readonly retryAfterS: number = 0,
  ) {
    super(message);
    this.name = "RequestError";
  }
}

export type Request = Extract<P.ClientMessage, { id: number }>;
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;
export type Notice = Exclude<P.ClientMessage, Request>;

const requestTimeoutMs = 10_000;
const pingEveryMs = 5000;
const pongWithinMs = 5000;
/** A line that carries sound is there: it may be so full that TCP waits for many seconds, and a new socket would wait longer. */
const missedWhileHeard = 3;
const brokenCode = 4000;

interface Waiting {
  resolve(message: P.ServerMessage): void;
  reject(error: RequestError): void;
  timer: ReturnType<typeof setTimeout>;
  askedMs: number;
}

export class Wire {
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private open = false;
  private down = false;
  private missed = 0;
  private pinger: ReturnType<typeof setInterval> | undefined;
  private readonly opening: ReturnType<typeof setTimeout>;
  /** Of the last request that was answered. */
  rttMs: number | null = null;

  constructor(
    private readonly socket: SocketLike,
    private readonly events: WireEvents,
    openWithinMs: number,
  ) {
    this.opening = setTimeout(() => this.giveUp(true), openWithinMs);
    socket.onopen = () => {
      clearTimeout(this.opening);
      this.open = true;
      this.pinger = setInterval(() => this.check(pongWithinMs, () => this.events.isHeard() && ++this.missed < missedWhileHeard), pingEveryMs);
      events.onOpen();
    };
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => this.finish();
    socket.onerror = () => undefined; // close always follows
  }

  get isOpen(): boolean {
    return this.open && !this.down;
  }

  /** Sends and forgets; on a socket that is not open it is dropped, because the state is sent again on the next. */
  send(message: Notice): void {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  /** Sends with an id and gives the message that answers it. Too late, it is the socket's end unless `isForgiven` then. Errors: RequestError. */
  request(message: WithoutId<Request>, timeoutMs = requestTimeoutMs, isForgiven = () => false): Promise<P.ServerMessage> {
    if (!this.isOpen) return Promise.reject(new RequestError("down", "The socket is not open."));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new RequestError("timeout", "No answer in time."));
        if (!isForgiven()) this.giveUp();
      }, timeoutMs);
      this.waiting.set(id, { resolve, reject, timer, askedMs: Date.now() });
      this.socket.send(JSON.stringify({ ...message, id }));
    });
  }

  /** Is anybody there? A dead path shows within `withinMs` instead of after TCP's minutes. */
  async check(withinMs: number, isForgiven?: () => boolean): Promise<void> {
    await this.request({ type: "ping" }, withinMs, isForgiven).catch(() => undefined);
  }

  close(code = 1000): void {
    this.socket.close(code);
    this.finish();
  }

  /** It is dead. `silent`: it never opened, and nobody said no. */
  giveUp(silent = false): void {
    this.socket.close(brokenCode);
    this.finish(silent);
  }

  private receive(data: unknown): void {
    const message = parse(data);
    if (!message || this.down) return;
    const id = "id" in message ? message.id : undefined;
    const waiting = id === undefined ? undefined : this.waiting.get(id);
    if (!waiting || id === undefined) {
      this.events.onMessage(message);
      return;
    }
    this.waiting.delete(id);
    this.missed = 0;
    clearTimeout(waiting.timer);
    this.rttMs = Date.now() - waiting.askedMs;
    if (message.type === "error") waiting.reject(new RequestError(message.code, message.message, message.action, message.fatal, message.retry_after_s));
    else waiting.resolve(message);
  }

  private finish(silent = false): void {
    if (this.down) return;
    this.down = true;
    clearTimeout(this.opening);
    clearInterval(this.pinger);
    for (const waiting of this.waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new RequestError("down", "The socket closed."));
    }
    this.waiting.clear();
    this.events.onDown(silent);
  }
}

/** A message, or null for what is none; unknown types pass, for whoever handles them to ignore. */
function parse(data: unknown): P.ServerMessage | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    const known = typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
    return known ? (value as P.ServerMessage) : null;
  } catch {
    return null;
  }
}
