/**
 * This machine's own camera, microphone, screen and further sources: what is on, which device, and what went wrong.
 * It outlives peer connections; the pre-join page hands it to the call. Browser only.
 */
import type * as P from "../protocol/messages";
import { type DeviceNews, has, type Input, kindOf, labelOf, type Part, pluggedIn } from "./device_news";
import { type EffectName, effectOf, type EffectState, inputOf, loadEffect, type Processed } from "./effects/effect";
import { isGone, type Problem, problemOf } from "./problems";

export type { Input } from "./device_news";

export interface InputState {
  readonly on: boolean;
  readonly track: MediaStreamTrack | null;
  readonly deviceId: string;
  readonly problem: Problem | null;
  /** The system took it away for now: a phone call, a switch on the machine. It comes back by itself. */
  readonly held: boolean;
}

/** Something sent besides camera and microphone. */
export interface ExtraSource {
  readonly key: string;
  readonly source: P.Source;
  readonly track: MediaStreamTrack;
  readonly label: string;
}

export interface LocalState {
  readonly camera: InputState;
  readonly microphone: InputState;
  readonly speakerId: string;
  readonly devices: readonly MediaDeviceInfo[];
  readonly extras: readonly ExtraSource[];
  readonly noiseSuppression: boolean;
  readonly effects: Readonly<Record<EffectName, EffectState>>;
  /** getUserMedia is on its way. */
  readonly asking: boolean;
}

export interface Choices {
  cameraId: string;
  microphoneId: string;
  speakerId: string;
  cameraOn: boolean;
  microphoneOn: boolean;
  noiseSuppression: boolean;
  effects: readonly EffectName[];
}

const off: InputState = { on: false, track: null, deviceId: "", problem: null, held: false };
const storageKey = "hoichan.devices";

export const defaultChoices: Choices = { cameraId: "", microphoneId: "", speakerId: "", cameraOn: true, microphoneOn: true, noiseSuppression: true, effects: [] };

function readChoices(): Choices {
  try {
    return { ...defaultChoices, ...(JSON.parse(localStorage.getItem(storageKey) ?? "{}") as Partial<Choices>) };
  } catch {
    return defaultChoices;
  }
}

export class LocalMedia {
  state: LocalState;
  private readonly listeners = new Set<() => void>();
  private readonly newsListeners = new Set<(news: DeviceNews) => void>();
  /** What the person chose; what is used may be another while that one is away. */
  private readonly wanted: Record<Part, string>;
  /** As the device gives it; what is sent may be processed. */
  private readonly raw: Record<Input, MediaStreamTrack | null> = { camera: null, microphone: null };
  private readonly processed: Record<Input, Processed | null> = { camera: null, microphone: null };
  /** How often each was switched off. */
  private readonly offs: Record<Input, number> = { camera: 0, microphone: 0 };
  private readonly refresh = () => void this.devicesChanged();

  constructor(choices: Choices = readChoices()) {
    this.wanted = { camera: choices.cameraId, microphone: choices.microphoneId, speaker: choices.speakerId };
    this.state = {
      camera: { ...off, on: choices.cameraOn, deviceId: choices.cameraId },
      microphone: { ...off, on: choices.microphoneOn, deviceId: choices.microphoneId },
      speakerId: choices.speakerId,
      devices: [],
      extras: [],
      noiseSuppression: choices.noiseSuppression,
      effects: { noise: choices.effects.includes("noise") ? "on" : "off", blur: choices.effects.includes("blur") ? "on" : "off" },
      asking: false,
    };
    navigator.mediaDevices?.addEventListener("devicechange", this.refresh);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Devices that come and go. */
  onNews(listener: (news: DeviceNews) => void): () => void {
    this.newsListeners.add(listener);
    return () => void this.newsListeners.delete(listener);
  }

  /** Opens what is to be on: one question for both first, then each alone, so that one without the other works. */
  async start(): Promise<void> {
    const wanted = (["camera", "microphone"] as const).filter((input) => this.state[input].on);
    if (!navigator.mediaDevices) {
      for (const input of wanted) this.setInput(input, { on: false, problem: "insecure" });
      return;
    }
    this.set({ asking: true });
    if (wanted.length === 2 && (await this.openBoth())) {
      this.set({ asking: false });
      await this.listDevices();
      return;
    }
    for (const input of wanted) if (this.state[input].on) await this.open(input);
    this.set({ asking: false });
    await this.listDevices();
  }

  /** After something was allowed or plugged in: opens again what could not be opened. */
  async retry(): Promise<void> {
    for (const input of ["camera", "microphone"] as const) if (this.state[input].problem) this.setInput(input, { on: true, problem: null });
    await this.start();
  }

  /** After a sleep or a phone call: what is on but gives nothing any more is opened anew. */
  async revive(): Promise<void> {
    for (const input of ["camera", "microphone"] as const) {
      const { on } = this.state[input];
      const track = this.raw[input];
      if (on && (!track || track.readyState === "ended" || track.muted)) await this.open(input);
    }
  }

  async switch(input: Input, on: boolean): Promise<void> {
    if (!on) {
      this.offs[input] += 1;
      if (input === "camera") this.drop("camera");
      else if (this.state.microphone.track) this.state.microphone.track.enabled = false;
      this.setInput(input, { on: false, problem: null });
    } else if (input === "microphone" && this.raw.microphone?.readyState === "live" && this.state.microphone.track) {
      this.state.microphone.track.enabled = true;
      this.setInput("microphone", { on: true, problem: null });
    } else await this.open(input);
    this.keep();
  }

  async choose(input: Input, deviceId: string): Promise<void> {
    this.wanted[input] = deviceId;
    this.setInput(input, { deviceId });
    if (this.state[input].on || this.state[input].problem) await this.open(input);
    else this.drop(input);
    this.keep();
  }

  chooseSpeaker(speakerId: string): void {
    this.wanted.speaker = speakerId;
    this.set({ speakerId });
    this.keep();
  }

  async setNoiseSuppression(on: boolean): Promise<void> {
    this.set({ noiseSuppression: on });
    this.keep();
    await this.raw.microphone?.applyConstraints(this.microphoneConstraints()).catch(() => undefined);
  }

  /**
   * Measured first on a copy that nobody gets, so that a weak machine refuses before anything changes. Who insists has read
   * what it costs: nothing is measured.
   */
  async setEffect(name: EffectName, on: boolean, insists = false): Promise<void> {
    const raw = this.raw[inputOf[name]];
    let state: EffectState = on ? "on" : "off";
    if (on && raw && !insists) {
      this.setEffectState(name, "starting");
      state = await loadEffect[name]().then((effect) => effect.fastEnough(raw), () => null).then((fast) => (fast === null ? "failed" : fast ? "on" : "weak"), () => "failed" as const);
    }
    this.setEffectState(name, state);
    this.keep();
    if (raw && raw === this.raw[inputOf[name]]) await this.send(inputOf[name], raw, this.state[inputOf[name]].on);
  }

  /** A screen, window or tab, with its sound where the browser gives it. False when the person thought better of it. */
  async shareScreen(): Promise<boolean> {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } }, audio: true });
      const sources: ExtraSource[] = stream.getTracks().map((track) => {
        const video = track.kind === "video";
        if (video) track.contentHint = "detail";
        return { key: video ? "screen" : "screen-audio", source: video ? "screen" : "screen-audio", track, label: "" };
      });
      sources[0]?.track.addEventListener("ended", () => this.stopScreen());
      stream.getVideoTracks()[0]?.addEventListener("ended", () => this.stopScreen());
      this.set({ extras: [...this.state.extras.filter((e) => !e.key.startsWith("screen")), ...sources] });
      return true;
    } catch {
      return false;
    }
  }

  stopScreen(): void {
    this.stopExtras((extra) => extra.key.startsWith("screen"));
  }

  /** One more camera of this seat, under a name: exam, dermatoscope, ultrasound… */
  async addCamera(deviceId: string, source: P.Source, label: string): Promise<Problem | null> {
    return this.addSource(`${source}:${deviceId}`, source, label, { video: { ...turningConstraints, deviceId: { exact: deviceId } } });
  }

  /** A stethoscope: both channels, nothing filtered away that an ear wants to judge. */
  async addStethoscope(deviceId: string, label: string): Promise<Problem | null> {
    return this.addSource(`stethoscope:${deviceId}`, "stethoscope", label, { audio: { ...rawSound, deviceId: { exact: deviceId } } });
  }

  removeSource(key: string): void {
    this.stopExtras((extra) => extra.key === key);
  }

  close(): void {
    navigator.mediaDevices?.removeEventListener("devicechange", this.refresh);
    this.drop("camera");
    this.drop("microphone");
    this.stopExtras(() => true);
  }

  private async addSource(key: string, source: P.Source, label: string, constraints: MediaStreamConstraints): Promise<Problem | null> {
    if (this.state.extras.some((extra) => extra.key === key)) return null;
    try {
      const track = (await navigator.mediaDevices.getUserMedia(constraints)).getTracks()[0];
      if (!track) return "missing";
      if (track.kind === "audio") track.contentHint = "music";
      track.addEventListener("ended", () => this.removeSource(key));
      this.set({ extras: [...this.state.extras, { key, source, track, label }] });
      return null;
    } catch (error) {
      return problemOf(error);
    }
  }

  // ---- inside ----------------------------------------------------------------------------------------------------

  private async openBoth(): Promise<boolean> {
    const { camera, microphone } = this.offs;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: this.microphoneConstraints(), video: this.cameraConstraints() });
      await Promise.all([this.took("camera", stream.getVideoTracks()[0], camera), this.took("microphone", stream.getAudioTracks()[0], microphone)]);
      return true;
    } catch {
      return false;
    }
  }

  private async open(input: Input): Promise<void> {
    const ask = (constraints: MediaTrackConstraints) => navigator.mediaDevices.getUserMedia(input === "camera" ? { video: constraints } : { audio: constraints });
    const constraints = input === "camera" ? this.cameraConstraints() : this.microphoneConstraints();
    if (input === "camera") this.drop("camera"); // some cameras open only once
    const offs = this.offs[input];
    try {
      const stream = await ask(constraints).catch((error: unknown) => {
        // A device that was chosen last week may be gone: any other is better than none.
        if (!isGone(error) || !constraints.deviceId) throw error;
        return ask({ ...constraints, deviceId: undefined });
      });
      await this.took(input, stream.getTracks()[0], offs);
    } catch (error) {
      this.drop(input);
      this.setInput(input, { on: false, problem: problemOf(error) });
    }
  }

  /** `offs` is how often it had been switched off when it was asked for: what was switched off since stays off. */
  private async took(input: Input, track: MediaStreamTrack | undefined, offs: number): Promise<void> {
    if (!track) return;
    if (offs !== this.offs[input]) return track.stop();
    this.raw[input]?.stop();
    this.raw[input] = track;
    if (input === "camera") track.contentHint = "motion";
    const held = () => this.raw[input] === track && this.setInput(input, { held: track.muted });
    track.addEventListener("mute", held);
    track.addEventListener("unmute", held);
    track.addEventListener("ended", () => this.raw[input] === track && void this.pulled(input, track));
    await this.send(input, track, true);
  }

  /** Processed as chosen; nothing is sent before that, so that no background is seen that was to be hidden. */
  private async send(input: Input, raw: MediaStreamTrack, on: boolean): Promise<void> {
    const name = effectOf[input];
    const processed = this.state.effects[name] === "on" ? await loadEffect[name]().then((effect) => effect.apply(raw)).catch(() => null) : null;
    if (this.raw[input] !== raw) {
      processed?.stop();
      return;
    }
    const failed = processed === null && this.state.effects[name] === "on";
    if (failed) this.setEffectState(name, "failed");
    if (failed && input === "camera") {
      this.drop("camera");
      this.setInput("camera", { on: false, problem: null });
      return;
    }
    this.processed[input]?.stop();
    this.processed[input] = processed;
    const track = processed?.track ?? raw;
    raw.enabled = true;
    track.enabled = on;
    this.setInput(input, { on, track, deviceId: raw.getSettings().deviceId ?? "", problem: null, held: raw.muted });
  }

  /** Unplugged: what is left is taken, and said. */
  private async pulled(input: Input, gone: MediaStreamTrack): Promise<void> {
    this.raw[input] = null;
    this.setInput(input, { track: null });
    await this.open(input);
    this.tellNews({ kind: "pulled", part: input, label: gone.label, now: this.labelInUse(input) });
  }

  private labelInUse(input: Input): string {
    return this.raw[input]?.label ?? "";
  }

  private drop(input: Input): void {
    this.raw[input]?.stop();
    this.raw[input] = null;
    this.processed[input]?.stop();
    this.processed[input] = null;
    if (this.state[input].track) this.setInput(input, { track: null, held: false });
  }

  private stopExtras(matches: (extra: ExtraSource) => boolean): void {
    const leaving = this.state.extras.filter(matches);
    if (leaving.length === 0) return;
    for (const extra of leaving) extra.track.stop();
    this.set({ extras: this.state.extras.filter((extra) => !leaving.includes(extra)) });
  }

  private cameraConstraints(): MediaTrackConstraints {
    const { deviceId } = this.state.camera;
    return deviceId ? { ...pictureConstraints, deviceId: { exact: deviceId } } : { ...pictureConstraints, facingMode: "user" };
  }

  private microphoneConstraints(): MediaTrackConstraints {
    const { deviceId } = this.state.microphone;
    const constraints = { echoCancellation: true, autoGainControl: true, noiseSuppression: this.state.noiseSuppression };
    return deviceId ? { ...constraints, deviceId: { exact: deviceId } } : constraints;
  }

  private async listDevices(): Promise<void> {
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    this.set({ devices: devices.filter((device) => device.deviceId !== "") });
  }

  private async devicesChanged(): Promise<void> {
    const before = this.state.devices;
    await this.listDevices();
    const now = this.state.devices;
    this.followSpeaker(before, now);
    const back = await this.takeBack(now);
    for (const news of pluggedIn(before, now)) if (!back.includes(news.label)) this.tellNews(news);
  }

  /** The one that was chosen is there again, or any where there was none: use it. Gives the labels of those. */
  private async takeBack(now: readonly MediaDeviceInfo[]): Promise<string[]> {
    const labels: string[] = [];
    for (const input of ["camera", "microphone"] as const) {
      const { on, deviceId, problem } = this.state[input];
      const chosen = on && deviceId !== this.wanted[input] && has(now, input, this.wanted[input]);
      const any = problem === "missing" && now.some((device) => device.kind === kindOf[input]);
      if (!chosen && !any) continue;
      if (chosen) this.setInput(input, { deviceId: this.wanted[input] });
      await this.open(input);
      const label = this.raw[input]?.label;
      if (label) labels.push(label);
      if (label) this.tellNews({ kind: "back", part: input, label });
    }
    return labels;
  }

  private followSpeaker(before: readonly MediaDeviceInfo[], now: readonly MediaDeviceInfo[]): void {
    const { speakerId } = this.state;
    const { speaker } = this.wanted;
    if (speakerId && !has(now, "speaker", speakerId)) {
      this.set({ speakerId: "" });
      this.tellNews({ kind: "pulled", part: "speaker", label: labelOf(before, "speaker", speakerId), now: labelOf(now, "speaker", "default") });
    } else if (speakerId !== speaker && has(now, "speaker", speaker)) {
      this.set({ speakerId: speaker });
      this.tellNews({ kind: "back", part: "speaker", label: labelOf(now, "speaker", speaker) });
    }
  }

  private tellNews(news: DeviceNews): void {
    for (const listener of [...this.newsListeners]) listener(news);
  }

  private keep(): void {
    const { camera, microphone, noiseSuppression, effects } = this.state;
    const choices: Choices = {
      cameraId: this.wanted.camera,
      microphoneId: this.wanted.microphone,
      speakerId: this.wanted.speaker,
      cameraOn: camera.on || camera.problem !== null,
      microphoneOn: microphone.on || microphone.problem !== null,
      noiseSuppression,
      effects: (["noise", "blur"] as const).filter((name) => effects[name] === "on"),
    };
    try {
      localStorage.setItem(storageKey, JSON.stringify(choices));
    } catch {
      // Storage refused: the next visit asks again.
    }
  }

  private setEffectState(name: EffectName, state: EffectState): void {
    this.set({ effects: { ...this.state.effects, [name]: state } });
  }

  private setInput(input: Input, change: Partial<InputState>): void {
    this.set({ [input]: { ...this.state[input], ...change } });
  }

  private set(change: Partial<LocalState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of [...this.listeners]) listener();
  }
}

/** Whether this page may use devices without asking: only then does a browser tell their names. */
export async function devicesAllowed(): Promise<boolean> {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  return devices.some(({ label }) => label !== "");
}

/** 1280×720 gives three layers of 4:2:1; browsers drop layers below 960×540. */
const pictureConstraints: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
};

/** An exam or room camera may turn; asked for with it, the browser lets us. */
const turningConstraints = { ...pictureConstraints, pan: true, tilt: true, zoom: true } as MediaTrackConstraints;

const rawSound: MediaTrackConstraints = { echoCancellation: false, autoGainControl: false, noiseSuppression: false, channelCount: { ideal: 2 } };
