/** What is done to a track before it is sent, by choice. Each is loaded only when it is asked for. */
import type { Input } from "../device_news";

export interface Processed {
  track: MediaStreamTrack;
  stop: () => void;
}

export type EffectName = "noise" | "blur";
/** "weak": this machine was measured, and would stutter. */
export type EffectState = "off" | "starting" | "on" | "weak" | "failed";

export const effectOf: Readonly<Record<Input, EffectName>> = { camera: "blur", microphone: "noise" };
export const inputOf: Readonly<Record<EffectName, Input>> = { blur: "camera", noise: "microphone" };

interface Effect {
  fastEnough: (track: MediaStreamTrack) => Promise<boolean>;
  apply: (track: MediaStreamTrack) => Promise<Processed>;
}

export const loadEffect: Readonly<Record<EffectName, () => Promise<Effect>>> = { blur: () => import("./blur"), noise: () => import("./noise") };
