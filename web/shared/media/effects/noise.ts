/** A microphone without a ward's noise: through RNNoise in an audio worklet. Loaded when somebody asks for it. Browser only. */
import wasmUrl from "@jitsi/rnnoise-wasm/dist/rnnoise.wasm?url";
import type { Processed } from "./effect";
import workletUrl from "./noise_worklet?worker&url";
import { costOf, frameMs } from "./rnnoise";

/** A third of the audio thread's time, beside decoding and mixing, is what a weak machine can still give. */
const mostShare = 0.3;
const startsWithinMs = 5000; // a slow machine takes a while to open its sound

const compiled = () => WebAssembly.compileStreaming(fetch(wasmUrl));

export async function fastEnough(): Promise<boolean> {
  return costOf(await compiled(), () => performance.now()) < frameMs * mostShare;
}

export async function apply(track: MediaStreamTrack): Promise<Processed> {
  const context = new AudioContext({ sampleRate: 48_000, latencyHint: "interactive" });
  try {
    const [module] = await Promise.all([compiled(), context.audioWorklet.addModule(workletUrl)]);
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const node = new AudioWorkletNode(context, "denoiser", { channelCount: 1, channelCountMode: "explicit", outputChannelCount: [1], processorOptions: { module } });
    const out = context.createMediaStreamDestination();
    source.connect(node).connect(out);
    await running(context);
    const [processed] = out.stream.getAudioTracks();
    if (!processed) throw new Error("no track");
    context.addEventListener("statechange", () => context.state !== "running" && void context.resume().catch(() => undefined)); // after a sleep
    return { track: processed, stop: () => void context.close() };
  } catch (error) {
    void context.close();
    throw error;
  }
}

/** A context that sleeps until a gesture would mute the person: then better the plain microphone. */
async function running(context: AudioContext): Promise<void> {
  await Promise.race([context.resume(), new Promise((_, fail) => setTimeout(() => fail(new Error("asleep")), startsWithinMs))]);
}
