/**
 * The session's Transport over one RTCPeerConnection: own audio and video first (always there, also without devices, so
 * that switching on needs no offer), then the receiving slots in pairs, then whatever else is sent. Browser only.
 */
import type * as P from "../protocol/messages";
import type { Transport, TransportConfig, TransportEvents, TransportState } from "../session/ports";
import { learnsAddressesLate, openConnection } from "./connection";
import { Encoder } from "./encoder";
import { encodingsUnder, type Layer, layersFor, listed, preferredCodecs, plainPacketMs, screenLayers, speechMaxBitrate, stethoscopeMaxBitrate, thinPacketMs, thinSpeechBitrate } from "./encodings";
import type { ExtraSource, LocalMedia } from "./local";
import { browserOf } from "./problems";
import { lastPackets } from "./quality";
import { averageBitrate, withBothEars, withPackets, withSoundRepair } from "./sdp";
import { lookEveryMs, Silence } from "./silence";

/** Twenty times a second, for ten seconds after it has begun anew. */
const chromiumAsksForMs = 8000;
/** A way it has just begun with it asks within tenths of a second, later ever more seldom. */
const firefoxAsksForMs = 1500;

interface Sending {
  transceiver: RTCRtpTransceiver;
  source: P.Source;
  label: string;
  encoder: Encoder;
  /** As it is sent when nothing stands against it. */
  own: RTCRtpEncodingParameters[];
}

export class Peer implements Transport {
  readonly connection: RTCPeerConnection;
  readonly learnsAddressesLate = learnsAddressesLate();
  readonly asksForMs = learnsAddressesLate() ? chromiumAsksForMs : firefoxAsksForMs;
  private readonly closeConnection: () => void;
  private readonly sending = new Map<string, Sending>();
  private readonly slots: Record<"audio" | "video", RTCRtpTransceiver[]> = { audio: [], video: [] };
  private readonly unsubscribe: () => void;
  private readonly listening: ReturnType<typeof setInterval>;
  private readonly silence = new Silence();
  private asking = false;
  /** Where something was heard last, and when. */
  private last: { receiver: RTCRtpReceiver; atMs: number } | null = null;
  /** The first offer, while nothing has been added since. */
  private prepared: Promise<RTCSessionDescriptionInit> | null = null;
  private offered = false;
  private state: TransportState = "connecting";
  private thin = false;
  private focus: P.Source | null = null;
  private readonly wanted = new Map<P.Source, P.Wanted["size"]>();

  constructor(
    private readonly local: LocalMedia,
    config: TransportConfig,
    private readonly events: TransportEvents,
    private readonly onUse: (peer: Peer) => void,
  ) {
    const opened = openConnection({ iceServers: config.iceServers.map((s) => ({ ...s })), bundlePolicy: "max-bundle" }, config.fresh);
    this.connection = opened.connection;
    this.closeConnection = () => opened.close();
    this.connection.addEventListener("connectionstatechange", () => this.tellState());
    this.connection.addEventListener("iceconnectionstatechange", () => this.tellState());
    this.addOwn();
    this.wantSlots(config.slots);
    this.follow();
    this.unsubscribe = local.subscribe(() => this.follow());
    this.listening = setInterval(() => this.listen(), lookEveryMs);
  }

  prepare(): void {
    this.prepared = this.connection.createOffer();
    this.prepared.catch(() => undefined); // whoever asks for it is told
  }

  use(): void {
    this.onUse(this);
  }

  async offer(): Promise<{ sdp: string; tracks: P.Offer["tracks"] }> {
    const prepared = this.prepared;
    this.prepared = null;
    await this.describe(await (prepared ?? this.connection.createOffer()));
    this.offered = true;
    const tracks: P.Offer["tracks"] = [];
    for (const { transceiver, source, label } of this.sending.values()) {
      if (transceiver.mid !== null) tracks.push(label ? { mid: transceiver.mid, source, label } : { mid: transceiver.mid, source });
    }
    return { sdp: this.connection.localDescription?.sdp ?? "", tracks };
  }

  async repack(thin: boolean): Promise<void> {
    const answered = this.connection.currentRemoteDescription?.sdp;
    const mid = this.sending.get("microphone")?.transceiver.mid;
    if (answered === undefined || !mid) throw new Error("there is no answer yet");
    await this.describe(await this.connection.createOffer());
    await this.answer(thin ? answered : withPackets(answered, mid, plainPacketMs), thin);
  }

  async answer(sdp: string, thin: boolean): Promise<void> {
    const microphone = this.sending.get("microphone");
    const mid = microphone?.transceiver.mid ?? "";
    const packed = thin ? withPackets(sdp, mid, thinPacketMs, thinSpeechBitrate) : sdp;
    await this.connection.setRemoteDescription({ type: "answer", sdp: packed });
    // The browser heeds its own parameters before what the answer says.
    await microphone?.encoder.want([{ maxBitrate: averageBitrate(packed, mid) ?? speechMaxBitrate }]);
    this.fit();
  }

  async rollback(): Promise<void> {
    if (this.connection.signalingState === "have-local-offer") await this.connection.setLocalDescription({ type: "rollback" });
  }

  restartIce(): void {
    this.connection.restartIce();
  }

  wantSlots(wanted: P.Joined["slots"]): boolean {
    let added = false;
    const codecs = { audio: codecsOf("audio", "receiver"), video: codecsOf("video", "receiver") };
    for (let i = 0; i < Math.max(wanted.audio, wanted.video); i++) {
      for (const kind of ["audio", "video"] as const) {
        if (i >= wanted[kind] || i < this.slots[kind].length) continue;
        const transceiver = this.connection.addTransceiver(kind, { direction: "recvonly" });
        prefer(transceiver, codecs[kind]);
        this.slots[kind].push(transceiver);
        added = true;
      }
    }
    if (added) this.prepared = null;
    return added;
  }

  /** What arrives on a receiving line. */
  track(mid: string): MediaStreamTrack | null {
    const transceiver = this.connection.getTransceivers().find((t) => t.mid === mid);
    return transceiver?.receiver.track ?? null;
  }

  /** All that can be heard, by mid. */
  audioTracks(): Map<string, MediaStreamTrack> {
    const tracks = this.slots.audio.filter((t) => t.mid !== null).map((t) => [t.mid ?? "", t.receiver.track] as const);
    return new Map(tracks);
  }

  /** One of several pictures is examined: the others give way until it is not. */
  setFocus(focus: P.Source | null): void {
    this.focus = focus;
    this.fit();
  }

  /** How large a picture is shown by whoever shows it largest. */
  setWanted({ source, size }: Pick<P.Wanted, "source" | "size">): void {
    this.wanted.set(source, size);
    this.fit();
  }

  setThin(thin: boolean): void {
    this.thin = thin;
    this.fit();
  }

  heardMs(): number {
    return this.silence.heardMs;
  }

  close(): void {
    this.unsubscribe();
    clearInterval(this.listening);
    this.closeConnection();
  }

  private listen(): void {
    if (this.silence.look(this.hasNews(), Date.now()) && !this.asking) void this.askPackets();
  }

  private async askPackets(): Promise<void> {
    this.asking = true;
    const last = await lastPackets(this.connection).catch(() => null);
    this.asking = false;
    const nowMs = Date.now();
    const { cameMs, sentMs, atMs } = last ?? { cameMs: this.silence.heardMs, sentMs: 0, atMs: nowMs };
    if (this.silence.asked(cameMs, atMs, nowMs)) this.events.onSilence(sentMs > cameMs);
  }

  /** What has played: cheaper than getStats; and as each slot's answer may have to wait for a busy thread (Chromium), the one that had news last is asked first. */
  private hasNews(): boolean {
    const { last } = this;
    const slots = this.slots.audio.concat(this.slots.video).map(({ receiver }) => receiver);
    for (const receiver of last ? [last.receiver, ...slots] : slots) {
      const atMs = Math.max(0, ...receiver.getSynchronizationSources().map(({ timestamp }) => timestamp));
      if (atMs === 0 || (receiver === last?.receiver ? atMs === last.atMs : atMs <= (last?.atMs ?? 0))) continue;
      this.last = { receiver, atMs };
      return true;
    }
    return false;
  }

  // ---- sending ---------------------------------------------------------------------------------------------------

  private addOwn(): void {
    this.send("microphone", "audio", { source: "microphone", label: "", own: [{ maxBitrate: speechMaxBitrate }] });
    this.send("camera", "video", { source: "camera", label: "", own: offered(layersFor(this.local.state.camera.track?.getSettings().height)) });
  }

  private send(key: string, what: "audio" | "video" | MediaStreamTrack, { own, ...is }: Pick<Sending, "source" | "label" | "own">): void {
    const kind = typeof what === "string" ? what : (what.kind as "audio" | "video");
    const sendEncodings = kind === "video" ? copies(this.underNow(is.source, own, null)) : own;
    const transceiver = this.connection.addTransceiver(what, { direction: "sendonly", sendEncodings });
    prefer(transceiver, codecsOf(kind, "sender"));
    this.sending.set(key, { ...is, own, transceiver, encoder: new Encoder(transceiver.sender) });
  }

  /** Has every picture sent as things are now. */
  private fit(): void {
    for (const { transceiver, source, encoder, own } of this.sending.values()) {
      if (transceiver.receiver.track.kind === "video") void encoder.want(this.underNow(source, own, transceiver.sender.track));
    }
  }

  private underNow(source: P.Source, own: RTCRtpEncodingParameters[], track: MediaStreamTrack | null): RTCRtpEncodingParameters[] {
    const wanted = this.wanted.get(source);
    const { width, height } = track?.getSettings() ?? {};
    const shown = wanted && width && height ? { wanted, whole: { width, height } } : null;
    return encodingsUnder(own, { shown, beside: this.focus !== null && source !== this.focus, thin: this.thin });
  }

  /** Brings what is sent in line with what is on. */
  private follow(): void {
    const { camera, microphone, extras } = this.local.state;
    this.put("camera", camera.on ? camera.track : null);
    this.put("microphone", microphone.track);
    let changed = false;
    for (const extra of extras) changed = this.putExtra(extra) || changed;
    for (const [key, sending] of this.sending) {
      const gone = key !== "camera" && key !== "microphone" && !extras.some((extra) => extra.key === key);
      if (gone) changed = this.retire(key, sending) || changed;
    }
    if (changed) this.prepared = null;
    if (changed && this.offered) this.events.onNegotiationNeeded();
  }

  private put(key: string, track: MediaStreamTrack | null): void {
    const sender = this.sending.get(key)?.transceiver.sender;
    if (sender && sender.track !== track) void sender.replaceTrack(track).then(() => this.fit(), () => undefined);
  }

  private putExtra(extra: ExtraSource): boolean {
    const known = this.sending.get(extra.key);
    if (known) {
      this.put(extra.key, extra.track);
      return false;
    }
    this.send(extra.key, extra.track, { source: extra.source, label: extra.label, own: ownOf(extra) });
    return true;
  }

  /** Stopped for good: Chromium cannot take up a simulcast line again once it was answered inactive. */
  private retire(key: string, sending: Sending): boolean {
    this.sending.delete(key);
    sending.transceiver.stop();
    return true;
  }

  /** Sound can be sent again and heard with both ears, where the browser takes that into its offer. */
  private async describe({ type, sdp }: RTCSessionDescriptionInit): Promise<void> {
    try {
      await this.connection.setLocalDescription({ type, sdp: withBothEars(withSoundRepair(sdp ?? "")) });
    } catch {
      await this.connection.setLocalDescription({ type, sdp: sdp ?? "" });
    }
  }

  /** Once for each change: both of a connection's states tell of one outage, and each word of it would restart ICE. */
  private tellState(): void {
    const state = stateOf(this.connection);
    if (state === this.state) return;
    this.state = state;
    this.events.onState(state);
  }
}

function ownOf(extra: ExtraSource): RTCRtpEncodingParameters[] {
  if (extra.source === "stethoscope") return [{ maxBitrate: stethoscopeMaxBitrate }];
  if (extra.track.kind === "audio") return [{ maxBitrate: speechMaxBitrate * 2 }];
  return offered(extra.source === "screen" ? screenLayers : layersFor(extra.track.getSettings().height));
}

function offered(layers: readonly Layer[]): RTCRtpEncodingParameters[] {
  return copies(listed(layers, browserOf(navigator.userAgent)));
}

/** The browser may write into what it is given. */
function copies(layers: readonly RTCRtpEncodingParameters[]): RTCRtpEncodingParameters[] {
  return layers.map((layer) => ({ ...layer }));
}

function codecsOf(kind: "audio" | "video", side: "sender" | "receiver"): RTCRtpCodec[] {
  const capabilities = side === "sender" ? RTCRtpSender.getCapabilities(kind) : RTCRtpReceiver.getCapabilities(kind);
  return preferredCodecs(kind, capabilities?.codecs ?? [], side);
}

function prefer(transceiver: RTCRtpTransceiver, codecs: RTCRtpCodec[]): void {
  if (codecs.length === 0 || !("setCodecPreferences" in transceiver)) return;
  try {
    transceiver.setCodecPreferences(codecs);
  } catch {
    // The browser's own order then; the server chooses from it.
  }
}

/** ICE knows of trouble before the connection's own state does. */
function stateOf({ connectionState, iceConnectionState }: RTCPeerConnection): TransportState {
  if (connectionState === "failed" || iceConnectionState === "failed") return "failed";
  if (connectionState === "disconnected" || iceConnectionState === "disconnected") return "disconnected";
  return connectionState === "connected" ? "connected" : "connecting";
}
