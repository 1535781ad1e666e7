/**
 * Sends files in parts beside the call (tus 1.0.0), one after the other, and goes on after every break: of the line, of the
 * page, of the server. Knows no DOM.
 */
import type { Line } from "../media/quality";
import type { Outbox, Parcel } from "./outbox";
import { partBytes, restMs } from "./pace";

export interface Sending {
  readonly id: string;
  readonly kind: Parcel["kind"];
  readonly name: string;
  readonly sent: number;
  readonly size: number;
}

export interface UploaderPorts {
  outbox: Outbox;
  ticket: () => string;
  /** Of the words in which the server refuses. */
  language: () => string;
  line: () => Line;
  fetch?: typeof fetch;
  pause?: (ms: number) => Promise<void>;
  now?: () => number;
  onChange: (sending: readonly Sending[]) => void;
  /** The server refuses it for good; the words are its own. */
  onRefused: (parcel: Parcel, words: string) => void;
}

/** An answer that no further try will better. */
class Refused extends Error {}

const base = (consultation: string) => `/api/v1/consultations/${consultation}/uploads`;
const shortestRetryMs = 1000;
const longestRetryMs = 30_000;

export class Uploader {
  private readonly queue: Parcel[] = [];
  private readonly sent = new Map<string, number>();
  private working = false;
  private closed = false;
  private readonly ask: typeof fetch;
  private readonly pause: (ms: number) => Promise<void>;
  private readonly now: () => number;

  constructor(private readonly ports: UploaderPorts) {
    this.ask = ports.fetch ?? ((input, init) => fetch(input, init));
    this.pause = ports.pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    this.now = ports.now ?? (() => performance.now());
  }

  /** What an earlier page could not send. */
  async resume(consultation: string): Promise<void> {
    const known = new Set(this.queue.map((parcel) => parcel.id));
    for (const parcel of await this.ports.outbox.all(consultation)) if (!known.has(parcel.id)) this.enqueue(parcel);
  }

  async send(parcel: Parcel): Promise<void> {
    await this.ports.outbox.put(parcel);
    this.enqueue(parcel);
  }

  close(): void {
    this.closed = true;
  }

  private enqueue(parcel: Parcel): void {
    this.queue.push(parcel);
    this.tell();
    void this.work();
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    for (let next = this.queue[0]; next && !this.closed; next = this.queue[0]) {
      const finished = await this.carry(next);
      if (!finished) break;
      this.queue.shift();
      this.sent.delete(next.id);
      await this.ports.outbox.remove(next.id);
      this.tell();
    }
    this.working = false;
  }

  /** Until it has arrived or was refused; false when we were closed meanwhile. */
  private async carry(parcel: Parcel): Promise<boolean> {
    for (let retryMs = shortestRetryMs; !this.closed; retryMs = Math.min(retryMs * 2, longestRetryMs)) {
      try {
        const location = parcel.location ?? (await this.begin(parcel));
        parcel = { ...parcel, location };
        await this.parts(parcel, location);
        return !this.closed;
      } catch (error) {
        if (error instanceof Refused) {
          this.ports.onRefused(parcel, error.message);
          return true;
        }
        await this.pause(retryMs);
      }
    }
    return false;
  }

  private async begin(parcel: Parcel): Promise<string> {
    const metadata: Record<string, string> = parcel.kind === "still" ? { kind: "still", still: parcel.id } : { kind: "chat", filename: parcel.name };
    const answer = await this.request("POST", base(parcel.consultation), {
      "Upload-Length": String(parcel.blob.size),
      "Upload-Metadata": Object.entries(metadata)
        .map(([key, value]) => `${key} ${base64(value)}`)
        .join(","),
    });
    const location = answer.headers.get("Location");
    if (!location) throw new Error("no Location");
    await this.ports.outbox.put({ ...parcel, location });
    return location;
  }

  private async parts(parcel: Parcel, location: string): Promise<void> {
    let offset = offsetOf(await this.request("HEAD", location));
    let tookMs: number | null = null;
    while (offset < parcel.blob.size && !this.closed) {
      this.sent.set(parcel.id, offset);
      this.tell();
      const began = this.now();
      const part = parcel.blob.slice(offset, offset + partBytes(this.ports.line(), tookMs));
      offset = offsetOf(await this.request("PATCH", location, { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" }, part));
      tookMs = this.now() - began;
      if (offset < parcel.blob.size) await this.pause(restMs(this.ports.line(), tookMs));
    }
  }

  private async request(method: string, path: string, headers: Record<string, string> = {}, body?: Blob): Promise<Response> {
    const answer = await this.ask(path, {
      method,
      headers: { Authorization: `Bearer ${this.ports.ticket()}`, "Tus-Resumable": "1.0.0", "Accept-Language": this.ports.language(), ...headers },
      credentials: "omit",
      cache: "no-store",
      ...(body ? { body } : {}),
    });
    if (answer.ok) return answer;
    const passing = answer.status >= 500 || [408, 409, 423, 429].includes(answer.status);
    if (passing) throw new Error(`HTTP ${answer.status}`);
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string; action?: string };
    throw new Refused([problem.detail, problem.action].filter(Boolean).join(" "));
  }

  private tell(): void {
    this.ports.onChange(this.queue.map(({ id, kind, name, blob }) => ({ id, kind, name, sent: this.sent.get(id) ?? 0, size: blob.size })));
  }
}

function offsetOf(answer: Response): number {
  const offset = Number(answer.headers.get("Upload-Offset"));
  if (!Number.isSafeInteger(offset)) throw new Error("no Upload-Offset");
  return offset;
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
