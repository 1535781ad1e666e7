/** How loud a track is, 0 to 1, on the scale that an ear has (about -60 dB to 0). */

const floorDb = -60;
let shared: AudioContext | null = null;

/** One for the page. Browsers keep it asleep until a gesture; each gesture tries to wake it. */
function audioContext(): AudioContext | null {
  if (typeof AudioContext === "undefined") return null;
  if (!shared) {
    shared = new AudioContext({ latencyHint: "interactive" });
    const wake = () => void shared?.resume().catch(() => undefined);
    for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, wake, { passive: true });
  }
  wakeAudio();
  return shared;
}

/** After a sleep, or a phone call, which iOS calls "interrupted". */
export function wakeAudio(): void {
  if (shared && shared.state !== "running" && shared.state !== "closed") void shared.resume().catch(() => undefined);
}

export class LevelMeter {
  private readonly source: MediaStreamAudioSourceNode | null = null;
  private readonly analyser: AnalyserNode | null = null;
  private readonly samples = new Float32Array(512);

  constructor(track: MediaStreamTrack) {
    const context = audioContext();
    if (!context) return;
    this.source = context.createMediaStreamSource(new MediaStream([track]));
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = this.samples.length;
    this.source.connect(this.analyser);
  }

  read(): number {
    if (!this.analyser) return 0;
    this.analyser.getFloatTimeDomainData(this.samples);
    return loudness(this.samples);
  }

  close(): void {
    this.source?.disconnect();
  }
}

export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, 1 - db / floorDb));
}

const startsWithinMs = 3000;

/** Without anything to sound on, some browsers never begin. */
async function begun(context: AudioContext): Promise<void> {
  await Promise.race([context.resume(), new Promise((_, fail) => setTimeout(() => fail(new Error("silent")), startsWithinMs))]);
}

/** Two soft notes for the speaker test, played on the chosen speaker. Rejects where there is none to be heard on. */
export async function playTone(speakerId: string): Promise<void> {
  const context = audioContext();
  if (!context) return;
  await begun(context);
  const out = context.createMediaStreamDestination();
  const start = context.currentTime + 0.05;
  [523.25, 659.25].forEach((hertz, index) => {
    const note = context.createOscillator();
    const gain = context.createGain();
    const from = start + index * 0.35;
    note.frequency.value = hertz;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(0.25, from + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.001, from + 0.6);
    note.connect(gain).connect(out);
    note.start(from);
    note.stop(from + 0.65);
  });
  const element = new Audio();
  element.srcObject = out.stream;
  await useSpeaker(element, speakerId);
  await element.play();
  await new Promise((done) => setTimeout(done, 1200));
  element.srcObject = null;
}

/** Firefox before 116 and Safari have no choice of speaker: then the system's is used. */
export async function useSpeaker(element: HTMLMediaElement, speakerId: string): Promise<void> {
  if ("setSinkId" in element && element.sinkId !== speakerId) await element.setSinkId(speakerId).catch(() => undefined);
}

export function canChooseSpeaker(): boolean {
  return typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;
}
