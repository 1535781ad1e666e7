/** What is sent of a picture, as figures. Pure. */

import type { Browser } from "./problems";

export interface Size {
  width: number;
  height: number;
}

export interface Layer {
  rid: string;
  scaleResolutionDownBy: number;
  maxBitrate: number;
  maxFramerate?: number;
}

/**
 * Three sizes of a camera, the most wanted first: when the camera is too small for three, browsers keep the rids that
 * were listed first, and half the size is what most tiles show.
 */
export const cameraLayers: readonly Layer[] = [
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_600_000 },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
];

/** Text must stay sharp and may move slowly; half the size is for who only keeps an eye on it, or has a weak line. */
export const screenLayers: readonly Layer[] = [
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 2_000_000, maxFramerate: 15 },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 400_000, maxFramerate: 8 },
];

const scaleOf = ({ scaleResolutionDownBy = 1 }: { scaleResolutionDownBy?: number | undefined }) => scaleResolutionDownBy;

/** A small camera has nothing to gain from a quarter: 640×360 / 4 is a thumb nail of 160×90. */
export function layersFor(height: number | undefined): readonly Layer[] {
  if (height !== undefined && height < 270) return cameraLayers.slice(0, 1);
  if (height !== undefined && height < 540) return cameraLayers.slice(0, 2);
  return cameraLayers;
}

/**
 * In the order in which they are offered. Of a camera too small for all of them Chromium keeps those listed first, so the most wanted
 * lead; Firefox never sends less than the least rate that it holds right for the first, however thin the line: 1.2 Mbit/s of
 * a picture of 720 lines into 300 kbit/s. There the smallest leads.
 */
export function listed<T extends { scaleResolutionDownBy?: number }>(layers: readonly T[], browser: Browser): T[] {
  return browser === "firefox" ? [...layers].sort((a, b) => scaleOf(b) - scaleOf(a)) : [...layers];
}

/** What a sender has to heed besides its own settings. */
export interface Circumstances {
  /** How large it is shown by whoever shows it largest, and how large the camera's picture is; null: all of it is wanted, or nobody knows. */
  shown: { wanted: Size; whole: Size } | null;
  /** Another picture is examined. */
  beside: boolean;
  /** One's own line carries little. */
  thin: boolean;
}

/** How a picture is sent under these circumstances: pictures leave seldom on a thin line, so that sound and the reports on what is received find room. */
export function encodingsUnder<T extends Partial<Layer> & { active?: boolean }>(own: readonly T[], { shown, beside, thin }: Circumstances): T[] {
  const seen = shown ? asShown(own, shown) : [...own];
  const left = beside ? besideFocus(seen) : seen;
  return thin ? overThinLine(left) : left;
}

/** A little blur is better than four times the bits: the server's choice for each viewer has the same slack (media/allocator.c). */
const blur = 6 / 5;

/** Nothing larger than the smallest that is large enough. */
function asShown<T extends Partial<Layer> & { active?: boolean }>(layers: readonly T[], { wanted, whole }: { wanted: Size; whole: Size }): T[] {
  const isEnough = (layer: T) => (blur * whole.width) / scaleOf(layer) >= wanted.width && (blur * whole.height) / scaleOf(layer) >= wanted.height;
  const enough = Math.max(1, ...layers.filter(isEnough).map(scaleOf));
  return layers.map((layer) => (scaleOf(layer) < enough ? { ...layer, active: false } : layer));
}

/**
 * Its smallest size alone, wherever it is listed, and less of it than a browser would go down to by itself. While larger ones are wanted
 * Chromium fills what it takes for the line with padding, to find out whether they fit.
 */
function overThinLine<T extends Partial<Layer> & { active?: boolean }>(layers: readonly T[]): T[] {
  const smallest = furthest(layers, (scale, other) => scale > other);
  return layers.map((layer, index) => ({ ...layer, ...(index === smallest ? { maxFramerate: thinFramerate, maxBitrate: thinPictureBitrate } : { active: false }) }));
}

/** Index of the layer whose scale goes beyond that of each other. */
function furthest<T extends Partial<Layer>>(layers: readonly T[], beyond: (scale: number, other: number) => boolean): number {
  const scale = (index: number) => scaleOf(layers[index] ?? {});
  return layers.reduce((best, _layer, index) => (beyond(scale(index), scale(best)) ? index : best), 0);
}

/**
 * What is left of a picture beside one that is examined: everything but its largest size, which costs most; of a picture
 * with one size only, a third of its rate.
 */
export function besideFocus<T extends Partial<Layer> & { active?: boolean }>(own: readonly T[]): T[] {
  const largest = furthest(own, (scale, other) => scale < other);
  if (own.length > 1) return own.map((layer, index) => (index === largest ? { ...layer, active: false } : layer));
  return own.map((layer) => (layer.maxBitrate === undefined ? layer : { ...layer, maxBitrate: Math.round(layer.maxBitrate / 3) }));
}

/** Speech with repair inside; a floor of 20 kbit/s, below which browsers stop sending FEC. */
export const speechMaxBitrate = 32_000;
export const stethoscopeMaxBitrate = 128_000;
/** Over a thin line: in packets of 20 ms headers take as much as speech, and this is the least that keeps Opus' repair. */
export const plainPacketMs = 20;
export const thinPacketMs = 60;
export const thinSpeechBitrate = 20_000;
/** … and thirty small pictures a second cost more in headers and repeats than a few sharper ones. */
export const thinFramerate = 2;
export const thinPictureBitrate = 15_000;

type Codec = Pick<RTCRtpCodec, "mimeType" | "sdpFmtpLine">;

type Side = "sender" | "receiver";

const audio = [named("audio/red"), named("audio/opus")];
const sent = [named("video/vp8"), (c: Codec) => named("video/h264")(c) && isConstrainedBaseline(c)];
/** Encoders that come by WHIP may publish these too. */
const shown = [...sent, (c: Codec) => named("video/vp9")(c) && isMainProfile(c, "profile-id"), (c: Codec) => named("video/av1")(c) && isMainProfile(c, "profile")];
const repair = named("video/rtx");

function named(mimeType: string) {
  return (codec: Codec) => codec.mimeType.toLowerCase() === mimeType;
}

function isConstrainedBaseline(codec: Codec): boolean {
  const format = (codec.sdpFmtpLine ?? "").toLowerCase();
  return format.includes("profile-level-id=42e0") && format.includes("packetization-mode=1");
}

function isMainProfile(codec: Codec, parameter: string): boolean {
  const profile = new RegExp(`(?:^|;)\\s*${parameter}=(\\d+)`).exec(codec.sdpFmtpLine ?? "");
  return profile === null || profile[1] === "0";
}

/** What we speak, in the order we like it; half of the offer that the browser would write by itself. */
export function preferredCodecs<T extends Codec>(kind: "audio" | "video", offered: readonly T[], side: Side = "sender"): T[] {
  const wanted = kind === "audio" ? audio : [...(side === "sender" ? sent : shown), repair];
  return wanted.flatMap((matches) => offered.filter(matches));
}
