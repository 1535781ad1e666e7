/** A house that is played by the test: its sockets and transports do what they are told. */
import { vi } from "vitest";
import type * as P from "../protocol/messages";
import { backoff } from "./policy";
import type { Memory, SessionPorts, Transport, TransportConfig, TransportEvents } from "./ports";
import { Session } from "./session";
import type { SocketLike } from "./wire";

class FakeSocket implements SocketLike {
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  onerror: SocketLike["onerror"] = null;
  sent: P.ClientMessage[] = [];
  closed = false;
  constructor(readonly url: string) {}
  send(text: string) {
    this.sent.push(JSON.parse(text) as P.ClientMessage);
  }
  close() {
    this.closed = true;
  }
  open() {
    this.onopen?.(undefined as never);
  }
  drop(code = 1006) {
    this.onclose?.({ code, reason: "" });
  }
  say(message: P.ServerMessage) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  last<T extends P.ClientMessage["type"]>(type: T) {
    return this.sent.filter((m) => m.type === type).at(-1) as Extract<P.ClientMessage, { type: T }> | undefined;
  }
}

class FakeTransport implements Transport {
  learnsAddressesLate = false;
  asksForMs = 3000;
  offers = 0;
  answers: string[] = [];
  restarts = 0;
  rolledBack = 0;
  closed = false;
  constructor(
    readonly config: TransportConfig,
    readonly events: TransportEvents,
  ) {}
  prepared = false;
  prepare() {
    this.prepared = true;
  }
  used = false;
  use() {
    this.used = true;
  }
  offer() {
    this.offers += 1;
    return Promise.resolve({ sdp: `offer ${this.offers}`, tracks: [{ mid: "0", source: "microphone" as const }] });
  }
  answer(sdp: string, thin: boolean) {
    this.packed.push(thin);
    this.answers.push(sdp);
    return Promise.resolve();
  }
  heard = 0;
  heardMs() {
    return this.heard;
  }
  packed: boolean[] = [];
  cannotRepack = false;
  repack(thin: boolean) {
    if (this.cannotRepack) return Promise.reject(new Error("no"));
    this.packed.push(thin);
    return Promise.resolve();
  }
  rollback() {
    this.rolledBack += 1;
    return Promise.resolve();
  }
  restartIce() {
    this.restarts += 1;
  }
  wantSlots(slots: TransportConfig["slots"]) {
    return slots.video > this.config.slots.video;
  }
  close() {
    this.closed = true;
  }
}

export const lan: P.Participant = { id: "p2", name: "BS. Lan", role: "doctor", microphone: true, camera: true, tracks: [] };

export class House {
  sockets: FakeSocket[] = [];
  transports: FakeTransport[] = [];
  memory: Memory | null = null;
  /** Tells whether the socket begun beside the one in use has opened; null: none has been begun. */
  prepared: ((open: boolean) => void) | null = null;
  ports: SessionPorts = {
    openSocket: (url) => {
      const socket = new FakeSocket(url);
      this.sockets.push(socket);
      return socket;
    },
    prepareSocket: (_url, ended) => (this.prepared = ended),
    openTransport: (config, events) => {
      const transport = new FakeTransport(config, events);
      this.transports.push(transport);
      return transport;
    },
    remember: (memory) => (this.memory = memory),
    language: () => "vi",
    client: "test",
  };
  session = this.make();
  make(memory: Memory | null = null, iceServers?: readonly P.IceServer[]) {
    const even = backoff({ firstMs: 100, mostMs: 1000, spread: 0 });
    return new Session({ url: "wss://house.test/ws", ticket: "ticket-1", memory, ports: this.ports, socketPolicy: even, transportPolicy: even, iceServers });
  }
  get socket() {
    return this.sockets.at(-1)!;
  }
  get transport() {
    return this.transports.at(-1)!;
  }
  joined(change: Partial<P.Joined> = {}): void {
    const request = this.socket.last("resume") ?? this.socket.last("join");
    this.socket.say({
      type: "joined",
      id: request!.id,
      me: "p1",
      token: `token-${this.sockets.length}`,
      media: "new",
      consultation: { id: "c1", title: "Tim mạch", kind: "scheduled" },
      participants: [{ ...lan, id: "p1", name: "BS. Minh" }, lan],
      slots: { audio: 3, video: 4 },
      recording: { state: "off" },
      now: "2026-11-22T07:00:00Z",
      ...change,
    });
  }
  async answer(slots: P.Slot[] = []) {
    await flush();
    const offer = this.socket.last("offer")!;
    this.socket.say({ type: "answer", id: offer.id, generation: offer.generation, sdp: `answer ${offer.generation}`, slots });
    await flush();
  }
  /** All the way in, with a picture of BS. Lan in slot 5. */
  async enter() {
    this.session.start();
    this.socket.open();
    this.joined();
    await this.answer([{ mid: "5", kind: "video", participant: "p2", track: "t1", source: "camera", state: "live" }]);
    this.transport.events.onState("connected");
  }
}

export const flush = () => vi.advanceTimersByTimeAsync(0);
