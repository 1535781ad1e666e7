/**
 * A camera whose background is blurred: MediaPipe's selfie segmentation through @shiguredo/virtual-background, model and all
 * from our own server. Loaded (7 MB, 2 over the wire) when somebody asks for it. Browser only.
 */
import { VirtualBackgroundProcessor } from "@shiguredo/virtual-background";
import type { Processed } from "./effect";

/** Where the build puts the package's files (tools/finish.mjs). */
const assets = "/assets/virtual-background-2023.2.0";
const blurRadius = 14;
const leastFps = 12;
const measuredMs = 3000;
const warmUpMs = 8000;

/** By it the segmentation computes; where there is none (no graphics card, or one that the browser distrusts) it brings the whole page to a stop. */
const hasWebgl = () => new OffscreenCanvas(1, 1).getContext("webgl2") !== null;

export async function apply(track: MediaStreamTrack): Promise<Processed> {
  if (!VirtualBackgroundProcessor.isSupported() || !hasWebgl()) throw new Error("unsupported");
  const processor = new VirtualBackgroundProcessor(assets);
  const processed: MediaStreamTrack = await processor.startProcessing(track as never, { blurRadius });
  processed.contentHint = "motion";
  return { track: processed, stop: () => processor.stopProcessing() };
}

/** Blurs a copy for some seconds, which nobody sees, and counts the pictures. */
export async function fastEnough(track: MediaStreamTrack): Promise<boolean> {
  const copy = track.clone();
  const video = document.createElement("video");
  let effect: Processed | null = null;
  try {
    effect = await apply(copy);
    video.muted = true;
    video.srcObject = new MediaStream([effect.track]);
    void video.play().catch(() => undefined); // it never begins where no picture comes
    return (await first(video)) && (await count(video)) >= (leastFps * measuredMs) / 1000;
  } finally {
    video.srcObject = null;
    effect?.stop();
    copy.stop();
  }
}

/** Whether there is a picture in time: a machine that takes longer is too slow for what follows, too. */
function first(video: HTMLVideoElement): Promise<boolean> {
  return new Promise((done) => {
    video.requestVideoFrameCallback(() => done(true));
    setTimeout(() => done(false), warmUpMs);
  });
}

function count(video: HTMLVideoElement): Promise<number> {
  return new Promise((done) => {
    let pictures = 0;
    const next = () => {
      pictures += 1;
      video.requestVideoFrameCallback(next);
    };
    next();
    setTimeout(() => done(pictures), measuredMs);
  });
}
