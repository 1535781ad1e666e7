import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { CallController, CallState } from "./controller";
import type { Box } from "./layout";

/** Renders again when the call changes. */
export function useCall(call: CallController): CallState {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => call.subscribe(() => again(undefined)), [call]);
  return call.state;
}

export function useSize(element: RefObject<HTMLElement | null>): Box {
  const [size, setSize] = useState<Box>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    if (!element.current) return;
    const measure = (box: { width: number; height: number }) => setSize({ width: Math.floor(box.width), height: Math.floor(box.height) });
    measure(element.current.getBoundingClientRect());
    const view = element.current.ownerDocument.defaultView ?? window; // it may stand in a window of its own
    const observer = new view.ResizeObserver((entries) => entries[0] && measure(entries[0].contentRect));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** Sizes known only at run time go in as custom properties: the CSP allows no style attribute. */
export function useProperties(element: RefObject<HTMLElement | null>, properties: Readonly<Record<string, string>>): void {
  const text = JSON.stringify(properties);
  useLayoutEffect(() => {
    for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, string>)) element.current?.style.setProperty(name, value);
  }, [element, text]);
}

export function useHidden(view: Window): boolean {
  const [hidden, setHidden] = useState(view.document.hidden);
  useEffect(() => {
    const page = view.document;
    const changed = () => setHidden(page.hidden);
    changed();
    page.addEventListener("visibilitychange", changed);
    return () => page.removeEventListener("visibilitychange", changed);
  }, [view]);
  return hidden;
}

/**
 * A video element that has left the page keeps the camera's picture until the garbage is collected. In Chromium a camera has
 * three pictures in all: beside two or three such elements nothing was sent for a second and more.
 */
function useLetGo(element: RefObject<HTMLVideoElement | null>): void {
  useEffect(() => {
    const video = element.current;
    return () => {
      if (video) video.srcObject = null;
    };
  }, [element]);
}

const freshTrackWithinMs = 3000;

/**
 * Shows a track in a video element and tells when pictures really arrive. A track that replaces another (a new peer
 * connection) takes over only once it has pictures, so that the last one stays meanwhile.
 */
export function useVideo(element: RefObject<HTMLVideoElement | null>, track: MediaStreamTrack | null): boolean {
  const [playing, setPlaying] = useState(false);
  const shown = useRef<MediaStreamTrack | null>(null);
  useLetGo(element);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    const seen = () => setPlaying(video.videoWidth > 0);
    const show = () => {
      if (shown.current !== track) {
        shown.current = track;
        video.srcObject = track ? new MediaStream([track]) : null;
        if (!track) setPlaying(false);
      }
      if (track) void video.play().catch(() => undefined);
    };
    video.addEventListener("resize", seen);
    video.addEventListener("playing", seen);
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (track && shown.current && track.muted) {
      track.addEventListener("unmute", show, { once: true });
      timer = setTimeout(show, freshTrackWithinMs);
    } else show();
    return () => {
      clearTimeout(timer);
      track?.removeEventListener("unmute", show);
      video.removeEventListener("resize", seen);
      video.removeEventListener("playing", seen);
    };
  }, [element, track]);
  return playing;
}
