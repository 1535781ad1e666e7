/**
 * Keeps one transport in step with the server: one offer at a time, a restart when the path is disturbed, a new
 * transport with a higher generation when it is lost. Offers wait while signaling is away.
 */
import type * as P from "../protocol/messages";
import type { RetryPolicy } from "./policy";
import type { Transport, TransportConfig, TransportEvents, TransportState } from "./ports";
import { RequestError } from "./wire";

export interface NegotiatorOptions {
  openTransport(config: TransportConfig, events: TransportEvents): Transport;
  policy: RetryPolicy;
  firstGeneration: number;
  offer(offer: Omit<P.Offer, "id" | "type">): Promise<P.Answer>;
  onAnswer(answer: P.Answer): void;
  onState(state: "connecting" | "connected" | "disturbed"): void;
  onSilence(sending: boolean): void;
  onGeneration(): void;
}

/** How long a restarted or fresh transport may take before it is given up: TCP and TURN need their round trips. */
const restartWithinMs = 4000;
const connectWithinMs = 12_000;
/** Who is silent for so short a time, and still is with a new socket open, has another address: an outage takes the socket longer. */
const movedWithinMs = 2000;
const longGoneMs = 3000;
/** A server that is out of breath falls silent, too, and would have it worse if everybody came anew again and again. */
const leaveAgainAfterMs = 20_000;
/** The transport looks twenty times a second: what it has heard may have come so much earlier. */
export const listenWithinMs = 60;

export class Negotiator {
  generation: number;
  private transport: Transport | null = null;
  private standby: Transport | null = null;
  /** Whose place has been taken. To close one takes a moment, which the next needs for its offer. */
  private left: Transport | null = null;
  private config: Omit<TransportConfig, "fresh"> = { slots: { audio: 1, video: 1 }, iceServers: [] };
  private signaling = false;
  private began = false;
  /** Its offer went before we were told that we are in. */
  private ahead = false;
  private closed = false;
  /** Whose exchange is on its way. What a closed transport was asked for may never be answered, so it is no lock for others. */
  private busy: Transport | null = null;
  private wanted = false;
  /** The path is to be asked by itself. */
  private alone = false;
  /** It was, and the server knows nothing of that. */
  private strayed = false;
  /** Lines that are thin: one's own, or one over which one is heard. */
  private readonly thin = { own: false, heard: false };
  private packedThin = false;
  private answered = false;
  private connected = false;
  /** Nothing arrived, though the browser may still hold the path for good. */
  private silent = false;
  private silentMs = 0;
  private leftPathMs = 0;
  /** Since when the browser says that its path is gone; 0: it does not. */
  private doubtedMs = 0;
  private patienceMs = connectWithinMs;
  private renewals = 0;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private asking: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: NegotiatorOptions) {
    this.generation = options.firstGeneration - 1;
  }

  get heardMs(): number {
    return this.transport?.heardMs() ?? 0;
  }

  configure(config: Omit<TransportConfig, "fresh">): void {
    this.config = config;
  }

  setSignaling(up: boolean): void {
    this.signaling = up;
    if (!up && this.asking === undefined) this.askAloneLater();
  }

  /**
   * While there is no socket: browsers ask a path that fell silent for some seconds, and then seldom or no more, and a socket that was begun
   * in an outage asks once a second and less. ICE restarted with the last answer asks at once and often; of what was agreed the server
   * heeds its own half only. A path that is back by that is back first, and brings a socket.
   */
  private askAloneLater(): void {
    this.asking = setTimeout(() => {
      this.asking = undefined;
      const { transport } = this;
      if (this.signaling || this.closed) return;
      this.alone = this.answered && this.isLongGone();
      if (transport && this.busy !== transport) void this.run(transport);
      this.askAloneLater();
    }, this.transport?.asksForMs);
  }

  /** We are in: go on with the transport there is, or make one. */
  begin(media: P.Joined["media"]): void {
    const lost = media === "new" && !this.ahead;
    this.ahead = false;
    this.began = true;
    if (lost || !this.transport || this.retry !== undefined) this.renew();
    else {
      if (this.transport.wantSlots(this.config.slots)) this.wanted = true;
      if (this.isGone()) this.leaveOldPath();
      else if (this.wanted) this.negotiate();
    }
  }

  /** A new transport, at once. */
  renew(fresh = false): void {
    if (this.closed) return;
    this.cancelRetry();
    this.closeLeft();
    this.left = this.transport;
    const transport = fresh ? this.takeStandby() : this.open(false);
    this.transport = transport;
    transport.use();
    this.connected = this.silent = false;
    this.doubtedMs = 0;
    this.thin.heard = this.packedThin = this.answered = this.alone = this.strayed = false; // the answer tells
    this.generation += 1;
    this.options.onGeneration();
    this.options.onState("connecting");
    this.patienceMs = connectWithinMs;
    this.negotiate();
  }

  private open(fresh: boolean): Transport {
    const transport: Transport = this.options.openTransport({ ...this.config, fresh }, {
      onState: (state) => this.transport === transport && this.onTransport(state),
      onSilence: (sending) => this.transport === transport && this.fellSilent(sending),
      onNegotiationNeeded: () => this.transport === transport && this.negotiate(),
    });
    return transport;
  }

  private takeStandby(): Transport {
    const transport = this.standby ?? this.open(true);
    this.standby = null;
    transport.wantSlots(this.config.slots);
    return transport;
  }

  private dropStandby(): void {
    this.standby?.close();
    this.standby = null;
  }

  private closeLeft(): void {
    this.left?.close();
    this.left = null;
  }

  /** The address may be another: has a transport ready for that when the new socket is there. */
  standBy(): void {
    if (this.closed || this.standby || !this.mayHaveMoved()) return;
    const standby = (this.standby = this.open(true));
    standby.prepare();
    setTimeout(() => this.standby === standby && this.dropStandby(), movedWithinMs);
  }

  /** A place in the room has been asked for: an offer right behind that saves a round trip. Call `configure` before. */
  joinAhead(): void {
    this.signaling = this.began = this.ahead = true;
    this.renew();
  }

  /** There is no place in the room yet. */
  withdraw(): void {
    this.began = this.ahead = false;
    clearTimeout(this.watchdog);
    this.cancelRetry();
    this.transport?.close();
    this.transport = null;
  }

  /** The place in the room has been asked for again: if the address is another, an offer right behind that saves a round trip. */
  goAhead(): void {
    if (!this.standby || !this.began || !this.mayHaveMoved()) return;
    this.signaling = true;
    this.renew(true);
  }

  restartIce(): void {
    if (!this.transport || !this.began) return;
    this.silent = false;
    this.doubtedMs = 0;
    this.transport.restartIce();
    this.patienceMs = restartWithinMs;
    this.negotiate();
  }

  wantSlots(slots: P.Joined["slots"]): void {
    this.config = { ...this.config, slots };
    if (this.transport?.wantSlots(slots)) this.negotiate();
  }

  /** Offers what is wanted now; asked again meanwhile, it offers once more afterwards. */
  negotiate(): void {
    this.wanted = true;
    const { transport } = this;
    if (transport && this.busy !== transport && this.signaling && this.began && !this.closed) void this.run(transport);
  }

  setThin(which: "own" | "heard", thin: boolean): void {
    this.thin[which] = thin;
    const { transport } = this;
    if (transport && this.busy !== transport && !this.closed) void this.run(transport);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.watchdog);
    clearTimeout(this.asking);
    this.cancelRetry();
    this.dropStandby();
    this.closeLeft();
    this.transport?.close();
    this.transport = null;
  }

  private async run(transport: Transport): Promise<void> {
    this.busy = transport;
    while (this.transport === transport && !this.closed) {
      if (this.wanted && this.signaling) {
        this.wanted = false;
        await this.exchange(transport, this.generation);
      } else if (this.alone) {
        this.alone = false;
        this.strayed = true;
        transport.restartIce();
        await this.repack(transport);
      } else if (this.maySimplyRepack()) await this.repack(transport);
      else break;
    }
    if (this.busy === transport) this.busy = null;
  }

  private async exchange(transport: Transport, generation: number): Promise<void> {
    const stale = () => this.transport !== transport;
    try {
      if (this.strayed) transport.restartIce(); // else only one side would take it for one
      const { sdp, tracks } = await transport.offer();
      if (stale()) return;
      const asked = this.options.offer({ generation, sdp, tracks });
      this.closeLeft();
      const answer = await asked;
      if (stale()) return;
      this.packedThin = this.isThin();
      await transport.answer(answer.sdp, this.packedThin);
      if (stale()) return;
      this.answered = true;
      this.strayed = false;
      this.options.onAnswer(answer);
      // Only now is it the transport's turn: while no answer comes it is the line, and the old path may be the first to be back.
      if (!this.connected) this.watch(this.patienceMs);
    } catch (error) {
      if (stale() || this.closed) return;
      await transport.rollback().catch(() => undefined);
      this.failed(error);
    }
  }

  isThin(): boolean {
    return this.thin.own || this.thin.heard;
  }

  /** Not while an offer waits: if it restarts ICE, the browser would begin that without the server. */
  private maySimplyRepack(): boolean {
    return this.answered && !this.wanted && this.isThin() !== this.packedThin;
  }

  private async repack(transport: Transport): Promise<void> {
    this.packedThin = this.isThin();
    try {
      await transport.repack(this.packedThin);
    } catch {
      if (this.transport !== transport) return;
      await transport.rollback().catch(() => undefined);
      this.wanted = true; // a whole exchange does it, too
    }
  }

  /** Socket gone: the offer waits for the next one. Anything else: this transport will not do. */
  private failed(error: unknown): void {
    this.ahead = false;
    if (error instanceof RequestError && (error.code === "down" || error.code === "timeout")) this.wanted = true;
    else this.renewLater();
  }

  private fellSilent(sending: boolean): void {
    this.silent = true;
    this.silentMs = Date.now();
    this.options.onSilence(sending);
    if (this.doubtedMs > 0) this.disturbed();
  }

  /** Nothing has come since it fell silent, or since the browser said so. */
  private isGone(): boolean {
    return this.heardMs === 0 ? this.silent : this.heardMs < this.doubtedMs + listenWithinMs;
  }

  /** A line that has become thin may be silent for a second or two, and has no room for what is in vain. */
  private isLongGone(): boolean {
    return this.heardMs === 0 && (this.silent || !this.connected) && Date.now() - this.silentMs > longGoneMs;
  }

  /** Media have no way any more, and the socket has one. */
  leavePath(): void {
    if (!this.began || Date.now() - this.leftPathMs < leaveAgainAfterMs) return;
    this.leftPathMs = Date.now();
    this.leaveOldPath();
  }

  /** A restart would ask again from the old address, where the browser does not know of the new one yet. */
  private leaveOldPath(): void {
    if (this.mayHaveMoved()) this.renew(true);
    else this.restartIce();
  }

  private mayHaveMoved(): boolean {
    const lately = this.silent && Date.now() - this.silentMs < movedWithinMs;
    return lately && this.transport?.learnsAddressesLate === true && !this.isThin();
  }

  private disturbed(): void {
    this.options.onState("disturbed");
    this.restartIce();
  }

  private onTransport(state: TransportState): void {
    this.connected = state === "connected";
    this.doubtedMs = state === "disconnected" ? Date.now() : 0;
    if (state === "connected") {
      clearTimeout(this.watchdog);
      this.cancelRetry();
      this.renewals = 0;
      this.options.onState("connected");
    } else if (state === "disconnected") {
      this.options.onSilence(false); // a browser may know at once that its address is gone, and the socket's with it
      // Or its checks were lost, and media go on: a restart would take a thin line from them (Firefox on 64 kbit/s).
      if (this.heardMs === 0) this.disturbed();
    } else if (state === "failed") {
      this.options.onState("disturbed");
      this.renewLater();
    }
  }

  private watch(withinMs: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      if (this.signaling && this.heardMs === 0) this.renewLater();
      else this.watch(withinMs);
    }, withinMs);
  }

  private renewLater(): void {
    clearTimeout(this.watchdog);
    this.cancelRetry();
    this.retry = setTimeout(() => {
      if (this.signaling) this.renew();
      else this.renewLater();
    }, Math.max(this.options.policy.delayMs(this.renewals), this.signaling ? 0 : 500));
    this.renewals += 1;
  }

  private cancelRetry(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
  }
}
