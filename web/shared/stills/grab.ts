/** Takes a picture of a camera at its full size, not of what is sent. Browser only. */
import type * as P from "../protocol/messages";

export interface Picture {
  blob: Blob;
  width: number;
  height: number;
}
type Format = NonNullable<P.Still["format"]>;

const photoWithinMs = 6000;
const frameWithinMs = 4000;
const quality = 0.92;

/** By the camera's own photograph where the browser can, else a frame at the largest size the track gives. Throws. */
export async function grab(track: MediaStreamTrack, format: Format): Promise<Picture> {
  const photo = await photograph(track).catch(() => null);
  if (photo && photo.width >= widthOf(track)) return format === "png" && photo.blob.type !== "image/png" ? reencoded(photo.blob, format) : photo;
  return frame(track, format);
}

interface PhotoCapture {
  takePhoto(settings?: { imageWidth?: number; imageHeight?: number }): Promise<Blob>;
  getPhotoCapabilities(): Promise<{ imageWidth?: { max: number }; imageHeight?: { max: number } }>;
}

async function photograph(track: MediaStreamTrack): Promise<Picture | null> {
  const Capture = (globalThis as { ImageCapture?: new (track: MediaStreamTrack) => PhotoCapture }).ImageCapture;
  if (!Capture) return null;
  const capture = new Capture(track);
  const { imageWidth, imageHeight } = await inTime(capture.getPhotoCapabilities(), photoWithinMs);
  const largest = imageWidth?.max && imageHeight?.max ? { imageWidth: imageWidth.max, imageHeight: imageHeight.max } : {};
  const blob = await inTime(capture.takePhoto(largest), photoWithinMs);
  return { blob, ...(await sizeOf(blob)) };
}

async function frame(track: MediaStreamTrack, format: Format): Promise<Picture> {
  const full = await largest(track);
  const video = document.createElement("video");
  try {
    await play(video, full);
    return await drawn(video, format);
  } finally {
    video.srcObject = null; // else it keeps one of the camera's few pictures
    full.stop();
  }
}

/**
 * The same camera at its largest; the track that is sent stays as it is. A copy of the track may ask for more, but Firefox's may stay
 * as the track is: opened once more, beside it, the camera gives what is asked for.
 */
async function largest(track: MediaStreamTrack): Promise<MediaStreamTrack> {
  const copy = track.clone();
  const { width, height, deviceId } = copy.getCapabilities?.() ?? {};
  if (!width?.max || !height?.max) return copy;
  const size = { width: { ideal: width.max }, height: { ideal: height.max } };
  await copy.applyConstraints(size).catch(() => undefined);
  if (!deviceId || widthOf(copy) >= width.max) return copy;
  const anew = (await navigator.mediaDevices.getUserMedia({ video: { ...size, deviceId: { exact: deviceId } } }).catch(() => null))?.getVideoTracks()[0];
  const [better, other] = anew && widthOf(anew) > widthOf(copy) ? [anew, copy] : [copy, anew];
  other?.stop();
  return better;
}

const widthOf = (track: MediaStreamTrack) => track.getSettings().width ?? 0;

async function play(video: HTMLVideoElement, track: MediaStreamTrack): Promise<void> {
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  const ready = new Promise<void>((resolve) => {
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(() => resolve());
    else (video as HTMLVideoElement).onloadeddata = () => resolve();
  });
  await video.play();
  await inTime(ready, frameWithinMs);
}

async function drawn(source: HTMLVideoElement | ImageBitmap, format: Format): Promise<Picture> {
  const width = "videoWidth" in source ? source.videoWidth : source.width;
  const height = "videoHeight" in source ? source.videoHeight : source.height;
  return { blob: await encoded(source, width, height, format, quality), width, height };
}

async function reencoded(blob: Blob, format: Format): Promise<Picture> {
  const bitmap = await createImageBitmap(blob);
  const picture = await drawn(bitmap, format);
  bitmap.close();
  return picture;
}

function encoded(source: CanvasImageSource, width: number, height: number, format: Format, q: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(source, 0, 0, width, height);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), `image/${format}`, q));
}

async function sizeOf(blob: Blob): Promise<{ width: number; height: number }> {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

const thumbnailBytes = 20 * 1024;
/** From good to small, until one fits through any line. */
const thumbnails = [
  { side: 480, quality: 0.7 },
  { side: 320, quality: 0.6 },
  { side: 240, quality: 0.5 },
  { side: 160, quality: 0.3 },
] as const;

/** A JPEG of at most 20 kB, in base64. Throws. */
export async function thumbnail(blob: Blob): Promise<string> {
  const bitmap = await createImageBitmap(blob);
  try {
    for (const { side, quality: q } of thumbnails) {
      const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
      const small = await encoded(bitmap, Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)), "jpeg", q);
      if (small.size <= thumbnailBytes) return base64(await small.arrayBuffer());
    }
    throw new Error("no thumbnail fits");
  } finally {
    bitmap.close();
  }
}

function base64(bytes: ArrayBuffer): string {
  return btoa([...new Uint8Array(bytes)].map((byte) => String.fromCharCode(byte)).join(""));
}

function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  return Promise.race([promise, new Promise<never>((_, reject) => setTimeout(() => reject(new Error("too slow")), ms))]);
}
