/**
 * The session's Transport over one RTCPeerConnection: own audio and video first (always there, also without devices, so
 * that switching on needs no offer), then the receiving slots in pairs, then whatever else is sent. Browser only.
 */
import type * as P from "../protocol/messages";
import type { Transport, TransportConfig, TransportEvents, TransportState } from "../session/ports";
import { besideFocus, layersFor, preferredCodecs, plainPacketMs, screenLayers, speechMaxBitrate, stethoscopeMaxBitrate, thinFramerate, thinPacketMs, thinSpeechBitrate } from "./encodings";
import type { ExtraSource, LocalMedia } from "./local";
import { averageBitrate, withBothEars, withPackets, withSoundRepair } from "./sdp";
import { Silence } from "./silence";

const listenEveryMs = 100;

interface Sending {
  transceiver: RTCRtpTransceiver;
  source: P.Source;
  label: string;
}

export class Peer implements Transport {
  readonly connection: RTCPeerConnection;
  private readonly sending = new Map<string, Sending>();
  private readonly slots: Record<"audio" | "video", RTCRtpTransceiver[]> = { audio: [], video: [] };
  private readonly unsubscribe: () => void;
  private readonly listening: ReturnType<typeof setInterval>;
  private readonly silence = new Silence();
  private offered = false;
  private thin = false;

  constructor(
    private readonly local: LocalMedia,
    config: TransportConfig,
    private readonly events: TransportEvents,
  ) {
    this.connection = new RTCPeerConnection({ iceServers: config.iceServers.map((s) => ({ ...s })), bundlePolicy: "max-bundle" });
    this.connection.addEventListener("connectionstatechange", () => this.tellState());
    this.connection.addEventListener("iceconnectionstatechange", () => this.tellState());
    this.addOwn();
    this.wantSlots(config.slots);
    this.follow();
    this.unsubscribe = local.subscribe(() => this.follow());
    this.listening = setInterval(() => this.listen(), listenEveryMs);
  }

  async offer(): Promise<{ sdp: string; tracks: P.Offer["tracks"] }> {
    await this.describe(await this.connection.createOffer());
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
    const microphone = this.sending.get("microphone")?.transceiver;
    const mid = microphone?.mid ?? "";
    const packed = thin ? withPackets(sdp, mid, thinPacketMs, thinSpeechBitrate) : sdp;
    await this.connection.setRemoteDescription({ type: "answer", sdp: packed });
    if (microphone) await limit(microphone.sender, averageBitrate(packed, mid) ?? speechMaxBitrate).catch(() => undefined);
  }

  async rollback(): Promise<void> {
    if (this.connection.signalingState === "have-local-offer") await this.connection.setLocalDescription({ type: "rollback" });
  }

  restartIce(): void {
    this.connection.restartIce();
  }

  wantSlots(wanted: P.Joined["slots"]): boolean {
    let added = false;
    for (let i = 0; i < Math.max(wanted.audio, wanted.video); i++) {
      for (const kind of ["audio", "video"] as const) {
        if (i >= wanted[kind] || i < this.slots[kind].length) continue;
        const transceiver = this.connection.addTransceiver(kind, { direction: "recvonly" });
        prefer(transceiver, kind, "receiver");
        this.slots[kind].push(transceiver);
        added = true;
      }
    }
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
    for (const { transceiver, source } of this.sending.values()) {
      const { sender } = transceiver;
      if (sender.track?.kind === "video") void giveWay(sender, focus !== null && source !== focus);
    }
  }

  /** One's own line carries little: pictures leave seldom, so that sound and the reports on what is received find room. */
  setThin(thin: boolean): void {
    if (thin === this.thin) return;
    this.thin = thin;
    for (const { transceiver } of this.sending.values()) {
      if (transceiver.sender.track?.kind === "video") void slowDown(transceiver.sender, thin);
    }
  }

  heardMs(): number {
    return this.silence.heardMs;
  }

  close(): void {
    this.unsubscribe();
    clearInterval(this.listening);
    this.connection.close();
  }

  /** Cheaper than getStats: when a source was last heard, of every slot. */
  private listen(): void {
    const sources = this.slots.audio.concat(this.slots.video).flatMap(({ receiver }) => receiver.getSynchronizationSources());
    const newest = sources.map(({ source, timestamp }) => `${source}:${timestamp}`).join();
    if (this.silence.look(newest, Date.now())) this.events.onSilence();
  }

  // ---- sending ---------------------------------------------------------------------------------------------------

  private addOwn(): void {
    const microphone = this.connection.addTransceiver("audio", { direction: "sendonly", sendEncodings: [{ maxBitrate: speechMaxBitrate }] });
    prefer(microphone, "audio", "sender");
    this.sending.set("microphone", { transceiver: microphone, source: "microphone", label: "" });
    const height = this.local.state.camera.track?.getSettings().height;
    const camera = this.connection.addTransceiver("video", { direction: "sendonly", sendEncodings: layersFor(height).map((layer) => ({ ...layer })) });
    prefer(camera, "video", "sender");
    this.sending.set("camera", { transceiver: camera, source: "camera", label: "" });
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
    if (changed && this.offered) this.events.onNegotiationNeeded();
  }

  private put(key: string, track: MediaStreamTrack | null): void {
    const sender = this.sending.get(key)?.transceiver.sender;
    if (sender && sender.track !== track) void sender.replaceTrack(track).catch(() => undefined);
  }

  private putExtra(extra: ExtraSource): boolean {
    const known = this.sending.get(extra.key);
    if (known) {
      this.put(extra.key, extra.track);
      return false;
    }
    const transceiver = this.connection.addTransceiver(extra.track, { direction: "sendonly", sendEncodings: encodingsFor(extra) });
    prefer(transceiver, extra.track.kind as "audio" | "video", "sender");
    this.sending.set(extra.key, { transceiver, source: extra.source, label: extra.label });
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

  private tellState(): void {
    this.events.onState(stateOf(this.connection));
  }
}

/** The browser heeds its own parameters before what the answer says. */
async function limit(sender: RTCRtpSender, maxBitrate: number): Promise<void> {
  const parameters = sender.getParameters();
  const encoding = parameters.encodings[0];
  if (!encoding || encoding.maxBitrate === maxBitrate) return;
  encoding.maxBitrate = maxBitrate;
  await sender.setParameters(parameters);
}

/** Encodings as they were before they were lowered. */
const ownEncodings = new WeakMap<RTCRtpSender, RTCRtpEncodingParameters[]>();

async function giveWay(sender: RTCRtpSender, lower: boolean): Promise<void> {
  if (!lower && !ownEncodings.has(sender)) return;
  const parameters = sender.getParameters();
  const own = ownEncodings.get(sender) ?? parameters.encodings.map((encoding) => ({ ...encoding }));
  ownEncodings.set(sender, own);
  const wanted = lower ? besideFocus(own) : own;
  parameters.encodings.forEach((encoding, index) => {
    encoding.active = wanted[index]?.active ?? true;
    const limit = wanted[index]?.maxBitrate;
    if (limit !== undefined) encoding.maxBitrate = limit;
  });
  await sender.setParameters(parameters).catch(() => undefined);
}

/** Framerates as they were before they were lowered. */
const ownFramerates = new WeakMap<RTCRtpSender, (number | undefined)[]>();

async function slowDown(sender: RTCRtpSender, slow: boolean): Promise<void> {
  const parameters = sender.getParameters();
  const own = ownFramerates.get(sender) ?? parameters.encodings.map((encoding) => encoding.maxFramerate);
  ownFramerates.set(sender, own);
  parameters.encodings.forEach((encoding, index) => {
    const most = slow ? thinFramerate : own[index];
    if (most === undefined) delete encoding.maxFramerate;
    else encoding.maxFramerate = most;
  });
  await sender.setParameters(parameters).catch(() => undefined);
}

function encodingsFor(extra: ExtraSource): RTCRtpEncodingParameters[] {
  if (extra.source === "stethoscope") return [{ maxBitrate: stethoscopeMaxBitrate }];
  if (extra.track.kind === "audio") return [{ maxBitrate: speechMaxBitrate * 2 }];
  if (extra.source === "screen") return screenLayers.map((layer) => ({ ...layer }));
  return layersFor(extra.track.getSettings().height).map((layer) => ({ ...layer }));
}

function prefer(transceiver: RTCRtpTransceiver, kind: "audio" | "video", side: "sender" | "receiver"): void {
  const capabilities = side === "sender" ? RTCRtpSender.getCapabilities(kind) : RTCRtpReceiver.getCapabilities(kind);
  const codecs = preferredCodecs(kind, capabilities?.codecs ?? [], side);
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
