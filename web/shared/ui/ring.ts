/** The sound of a call: two notes every two seconds, until it is stopped. */
import { useEffect, useState } from "preact/hooks";

const everyS = 2;
const notes = [
  { hz: 880, fromS: 0, toS: 0.4 },
  { hz: 660, fromS: 0.5, toS: 0.9 },
] as const;
/** In somebody's headphones; a room has to hear it from three metres, as loud as its own speaker is set. */
const volumes = { ear: 0.35, room: 0.9 } as const;
/** A browser that lets it sound takes a moment to begin. */
const settlesMs = 500;

export interface Ring {
  stop: () => void;
}

/** All of it is written into the audio clock at once: no timer is asked, so a page in the background rings as well. */
function write(context: AudioContext, forS: number, volume: number): void {
  const tone = new OscillatorNode(context, { type: "triangle" });
  const gain = new GainNode(context, { gain: 0 });
  const start = context.currentTime + 0.05;
  for (let at = start; at < start + forS; at += everyS) {
    for (const { hz, fromS, toS } of notes) {
      tone.frequency.setValueAtTime(hz, at + fromS);
      gain.gain.setTargetAtTime(volume, at + fromS, 0.015);
      gain.gain.setTargetAtTime(0, at + toS, 0.03);
    }
  }
  tone.connect(gain).connect(context.destination);
  tone.start(start);
  tone.stop(start + forS);
}

/**
 * Rings for so many seconds. A browser is silent until somebody has clicked or typed on the page: `onBlocked` tells so, and
 * the first click lets it sound.
 */
export function ring(forS: number, onBlocked: (blocked: boolean) => void, where: keyof typeof volumes = "ear"): Ring {
  const context = new AudioContext();
  const tell = () => onBlocked(context.state === "suspended");
  const allow = () => void context.resume();
  const signs = ["pointerdown", "keydown"] as const;
  for (const sign of signs) addEventListener(sign, allow);
  context.addEventListener("statechange", tell);
  write(context, forS, volumes[where]);
  const soon = setTimeout(tell, settlesMs);
  return {
    stop: () => {
      clearTimeout(soon);
      for (const sign of signs) removeEventListener(sign, allow);
      context.removeEventListener("statechange", tell);
      void context.close();
    },
  };
}

/** Rings while `on`; whether the browser keeps it silent. */
export function useRing(on: boolean, forS: number, where?: keyof typeof volumes): boolean {
  const [blocked, setBlocked] = useState(false);
  useEffect(() => {
    if (!on) return;
    const sound = ring(forS, setBlocked, where);
    return () => {
      sound.stop();
      setBlocked(false);
    };
  }, [on]);
  return on && blocked;
}
