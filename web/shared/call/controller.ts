/**
 * A call as a page holds it: the session, this machine's media, what is heard, and the choices about what is shown.
 * One object from join to end; components subscribe to it.
 */
import type * as P from "../protocol/messages";
import { language } from "../i18n";
import { wakeAudio } from "../media/level";
import type { LocalMedia, LocalState } from "../media/local";
import { Peer } from "../media/peer";
import { Seat } from "../media/seat";
import { OwnLine } from "../media/own_line";
import { Detour } from "../media/detour";
import { lineOf, qualityBetween, type Line, type Report, type Sample, sample, stillBetween } from "../media/quality";
import { Sound } from "../media/sound";
import { onWake } from "../media/wake";
import { Session, type SessionState } from "../session/session";
import { happeningOf } from "../stills/happening";
import { Stills } from "../stills/stills";
import type { Memory, TransportConfig, TransportEvents } from "../session/ports";
import { deviceHappening, happenings, type Happening } from "./happenings";
import { mixOf } from "./mix";
import type { Referral } from "./referral";
import { openSocket, prepareSocket, signalingUrl } from "./warm";

export interface CallState {
  readonly session: SessionState;
  readonly local: LocalState;
  readonly hand: boolean;
  /** Which channel I speak into and listen to, and whose stethoscope is in my ears. */
  readonly speaks: P.Channel;
  readonly listens: P.Channel;
  readonly stethoscope: string | null;
  /** Shown here, when there are any. */
  readonly captions: boolean;
  readonly soundBlocked: boolean;
  /** Null until it has been measured. */
  readonly line: Line | null;
  /** What goes up carries little: sound has to save. */
  readonly thin: boolean;
  readonly protocol: P.Quality["protocol"] | null;
  /** What was measured last. */
  readonly quality: Report | null;
  /** The receiving lines whose picture has not moved since the measure before. */
  readonly still: ReadonlySet<string>;
  readonly volumes: ReadonlyMap<string, number>;
}

/** The line as it is known to be now: what was measured may be seconds old. */
export const lineNow = ({ line, session }: CallState): Line | null => (session.media === "disturbed" ? "lost" : line);

export interface CallOptions {
  ticket: string;
  local: LocalMedia;
  memory: Memory | null;
  remember: (memory: Memory | null) => void;
  onHappening: (happening: Happening) => void;
  /** What the line was found to carry up before the call is little. */
  thin?: boolean;
  /** Known before the join, they save a round trip. */
  iceServers?: readonly P.IceServer[] | undefined;
  url?: string;
}

const sampleEveryMs = 1000;
const reportEverySamples = 5;
/** A good line has connected by then, a satellite's nearly; whoever has not begins with little (the server does, too: BWE_SWIFT_US). */
const swiftMs = 800;
const slowDoubtMs = 4000;
const measuredDoubtMs = 20_000;

export class CallController {
  readonly session: Session;
  readonly local: LocalMedia;
  readonly stills: Stills;
  readonly seat: Seat;
  state: CallState;
  private peer: Peer | null = null;
  private readonly sound: Sound;
  private readonly listeners = new Set<() => void>();
  private readonly cleanUp: (() => void)[] = [];
  private focus: P.Source | null = null;
  private lastSample: Sample | null = null;
  private samples = 0;
  private ownLine = new OwnLine();
  private readonly detour = new Detour();

  constructor(private readonly options: CallOptions) {
    this.local = options.local;
    this.seat = new Seat(options.local);
    this.session = new Session({
      url: options.url ?? signalingUrl(),
      ticket: options.ticket,
      memory: options.memory,
      iceServers: options.iceServers,
      ports: {
        openSocket: (url) => openSocket(url) as never,
        prepareSocket,
        openTransport: (config, events) => this.openPeer(config, events),
        remember: options.remember,
        language,
        client: "web",
      },
    });
    this.sound = new Sound((soundBlocked) => this.set({ soundBlocked }));
    this.sound.setSpeaker(this.local.state.speakerId);
    this.state = { session: this.session.state, local: this.local.state, hand: false, speaks: "floor", listens: "floor", stethoscope: null, captions: true, soundBlocked: false, line: null, thin: false, protocol: null, quality: null, still: new Set(), volumes: new Map() };
    this.cleanUp.push(
      this.session.subscribe((session, message) => this.onSession(session, message)),
      this.local.subscribe(() => this.onLocal()),
      this.local.onNews((news) => this.options.onHappening(deviceHappening(news))),
      this.onNetwork(),
      onWake((slept) => this.wake(slept)),
      every(sampleEveryMs, () => void this.measure()),
    );
    const name = (id: string) => this.session.state.room?.participants.get(id)?.name ?? "";
    this.stills = new Stills({
      session: this.session,
      local: this.local,
      ticket: options.ticket,
      line: () => this.state.line ?? "fair",
      onNews: (still) => options.onHappening(happeningOf(still, name(still.participant), still.participant === this.session.state.room?.me)),
      onRefused: (text) => options.onHappening({ word: "notDone", kind: "attention", text }),
    });
    this.cleanUp.push(() => this.stills.close());
    if (options.thin) this.session.ownLine(true);
    this.tellSwitches();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  start(): void {
    this.session.start();
  }

  /** What arrives in a slot. */
  track(mid: string): MediaStreamTrack | null {
    return this.peer?.track(mid) ?? null;
  }

  toggle(input: "camera" | "microphone"): Promise<void> {
    return this.local.switch(input, !this.local.state[input].on);
  }

  setHand(hand: boolean): void {
    this.set({ hand });
    this.session.setSwitchedOn({ hand });
  }

  setChannel(change: { speaks?: P.Channel; listens?: P.Channel }): void {
    this.set(change);
    this.session.setSwitchedOn(change);
    this.applyVolumes();
  }

  /** Only this seat's stethoscope is heard until null. */
  listenTo(stethoscope: string | null): void {
    this.set({ stethoscope });
    this.applyVolumes();
  }

  get ticket(): string {
    return this.options.ticket;
  }

  /** Why the consultation was asked for, with our ticket. Throws. */
  async referral(): Promise<Referral> {
    const consultation = this.session.state.room?.consultation.id ?? "";
    const answer = await fetch(`/api/v1/consultations/${consultation}/referral`, { headers: { Authorization: `Bearer ${this.options.ticket}` }, credentials: "omit" });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return (await answer.json()) as Referral;
  }

  setCaptions(captions: boolean): void {
    this.set({ captions });
  }

  setVolume(participant: string, volume: number): void {
    this.set({ volumes: new Map(this.state.volumes).set(participant, volume) });
    this.applyVolumes();
  }

  allowSound(): void {
    this.sound.playAll();
  }

  leave(): void {
    this.session.leave();
  }

  /** Lets go of everything of the call; the local media are the caller's. */
  close(): void {
    this.session.suspend();
    for (const clean of this.cleanUp.splice(0)) clean();
    this.sound.close();
  }

  /** A new one begins where the one before was. */
  private openPeer(config: TransportConfig, events: TransportEvents): Peer {
    return new Peer(this.local, config, events, (peer) => this.use(peer));
  }

  private use(peer: Peer): void {
    this.peer = peer;
    peer.setFocus(this.focus);
    this.ownLine = new OwnLine(); // what is known is of a connection that is no more
    if (this.options.thin) this.ownLine.doubt(measuredDoubtMs, Date.now());
    peer.setThin(this.ownLine.givesWay(Date.now()));
  }

  /** Its pictures would fill a thin line before the first word came through. */
  private watchConnecting(): void {
    const line = this.ownLine;
    setTimeout(() => {
      if (this.ownLine !== line || this.state.session.media !== "connecting") return;
      line.doubt(slowDoubtMs, Date.now());
      this.heedOwnLine();
    }, swiftMs);
  }

  private onSession(session: SessionState, message: P.ServerMessage | null): void {
    const before = this.state.session;
    if (session !== before) this.set({ session }); // most of what is drawn and pointed at changes nothing here
    for (const happening of happenings(before, session, message)) this.options.onHappening(happening);
    if (message?.type === "muted") void this.local.switch("microphone", false);
    if (message?.type === "camera.moved") void this.seat.turn(message.source, message, message.relative ?? false);
    if (message?.type === "camera.preset.asked") void this.seat.preset(message.source, message.action, message.name).then(() => this.tellSwitches());
    if (message?.type === "wanted") this.peer?.setWanted(message);
    if (message?.type === "focus") this.peer?.setFocus((this.focus = message.source));
    if (message?.type === "uplink") {
      this.ownLine.tell(message.thin, Date.now());
      this.heedOwnLine();
    }
    if (message?.type === "answer" && this.peer) this.sound.setTracks(this.peer.audioTracks());
    if (message?.type === "answer" && session.media === "connecting") this.watchConnecting();
    if (session.media === "connected" && before.media !== "connected") this.ownLine.connected(Date.now());
    if (session.room?.slots !== before.room?.slots || session.room?.participants !== before.room?.participants) this.applyVolumes();
    if (session.phase === "ended" && before.phase !== "ended") this.close();
  }

  private onLocal(): void {
    const { speakerId } = this.state.local;
    this.set({ local: this.local.state });
    if (this.local.state.speakerId !== speakerId) this.sound.setSpeaker(this.local.state.speakerId);
    this.tellSwitches();
  }

  private tellSwitches(): void {
    const { camera, microphone } = this.local.state;
    // While another device opens the track is away for a moment; that is nothing to tell.
    this.session.setSwitchedOn({ camera: camera.on, microphone: microphone.on, offers: this.seat.offers(), cameras: this.seat.cameras() });
  }

  private applyVolumes(): void {
    const { room } = this.state.session;
    for (const [mid, volume] of room ? mixOf(room, this.state) : []) this.sound.setVolume(mid, volume);
  }

  private onNetwork(): () => void {
    const changed = () => this.session.networkChanged();
    const connection = (navigator as { connection?: EventTarget & { type?: string } }).connection;
    let type = connection?.type;
    // It changes with the browser's estimates of the line, too, which say nothing of another network.
    const maybe = () => {
      if (connection?.type !== type) changed();
      type = connection?.type;
    };
    addEventListener("online", changed);
    connection?.addEventListener("change", maybe);
    return () => {
      removeEventListener("online", changed);
      connection?.removeEventListener("change", maybe);
    };
  }

  /** A laptop that slept or a phone that was called: socket, path, devices and sound may all be dead without knowing it. */
  private wake(slept: boolean): void {
    if (slept) this.session.networkChanged();
    else this.session.check();
    void this.local.revive();
    wakeAudio();
    this.sound.playAll();
  }

  private async measure(): Promise<void> {
    const { peer } = this;
    const now = peer && (await sample(peer.connection).catch(() => null));
    if (!now || peer !== this.peer) return;
    this.ownLine.look(now.estimateBps ?? undefined, Date.now());
    this.heedOwnLine();
    if (this.detour.isOver(now.protocol, this.ownLine.thin, Date.now())) this.session.lookForPath();
    if (++this.samples % reportEverySamples === 0) this.report(now);
  }

  /** On a line that has become thin the server is the first that is not heard any more: the page has to see it by itself, too. */
  private heedOwnLine(): void {
    this.peer?.setThin(this.ownLine.givesWay(Date.now()));
    this.session.ownLine(this.ownLine.thin);
    if (this.ownLine.thin !== this.state.thin) this.set({ thin: this.ownLine.thin });
  }

  private report(now: Sample): void {
    const quality = qualityBetween(this.lastSample, now);
    const still = stillBetween(this.lastSample, now);
    this.lastSample = now;
    if (this.session.state.phase !== "in") return;
    this.session.reportQuality(quality);
    this.set({ line: worse(lineOf(quality), this.session.state.room?.link?.connection ?? "good"), protocol: now.protocol, quality, still });
  }

  private set(change: Partial<CallState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of [...this.listeners]) listener();
  }
}

const lines: readonly Line[] = ["good", "fair", "poor", "lost"];

function worse(a: Line, b: Line): Line {
  return lines[Math.max(lines.indexOf(a), lines.indexOf(b))] ?? "good";
}

function every(ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms);
  return () => clearInterval(timer);
}
