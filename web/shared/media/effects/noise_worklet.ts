/** RNNoise in the audio thread: blocks of 128 samples in and out, frames of 480 between, so 10 ms later. */
import { frameSamples, Rnnoise } from "./rnnoise";

declare class AudioWorkletProcessor {
  constructor(options?: unknown);
}
declare function registerProcessor(name: string, processor: unknown): void;

class Denoiser extends AudioWorkletProcessor {
  private readonly rnnoise: Rnnoise;
  private readonly frame = new Float32Array(frameSamples);
  private filled = 0;
  /** What is finished: one frame ahead, so that there is always a block to give. */
  private ready = new Float32Array(frameSamples * 2);
  private size = frameSamples;

  constructor(options: { processorOptions: { module: WebAssembly.Module } }) {
    super(options);
    this.rnnoise = new Rnnoise(options.processorOptions.module);
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const samples = inputs[0]?.[0];
    const out = outputs[0]?.[0];
    if (!out) return true;
    for (let i = 0; i < out.length; i++) {
      this.frame[this.filled++] = samples?.[i] ?? 0;
      if (this.filled === frameSamples) this.finish();
    }
    out.set(this.ready.subarray(0, out.length));
    this.ready.copyWithin(0, out.length, this.size);
    this.size -= out.length;
    return true;
  }

  private finish(): void {
    this.filled = 0;
    this.rnnoise.process(this.frame);
    this.ready.set(this.frame, this.size);
    this.size += frameSamples;
  }
}

registerProcessor("denoiser", Denoiser);
