/**
 * RNNoise, compiled to WebAssembly by @jitsi/rnnoise-wasm, without that package's glue: the glue fetches, and an audio worklet
 * cannot. Takes and gives frames of 480 samples at 48 kHz. No DOM: used by the worklet and by the measurement before it.
 */
export const frameSamples = 480;
export const frameMs = 10;

/** The names that the package's build gave its functions; a test runs them all. */
interface Exports {
  c: WebAssembly.Memory;
  /** constructors, rnnoise_create, malloc, rnnoise_destroy, rnnoise_process_frame */
  d(): void;
  f(model: number): number;
  g(bytes: number): number;
  h(state: number): void;
  j(state: number, out: number, samples: number): number;
}

/** RNNoise was trained on 16-bit samples. */
const scale = 32768;

export class Rnnoise {
  private readonly exports: Exports;
  private readonly state: number;
  private readonly at: number;

  constructor(module: WebAssembly.Module) {
    const growHeap = () => 0;
    const copy = (to: number, from: number, size: number) => void new Uint8Array(this.exports.c.buffer).copyWithin(to, from, from + size);
    this.exports = new WebAssembly.Instance(module, { a: { a: growHeap, b: copy } }).exports as unknown as Exports;
    this.exports.d();
    this.state = this.exports.f(0);
    this.at = this.exports.g(frameSamples * 4);
    if (!this.state || !this.at) throw new Error("no memory for RNNoise");
  }

  /** In place; gives how likely it is that somebody speaks, 0 to 1. */
  process(frame: Float32Array): number {
    const heap = new Float32Array(this.exports.c.buffer, this.at, frameSamples);
    for (let i = 0; i < frameSamples; i++) heap[i] = (frame[i] ?? 0) * scale;
    const speech = this.exports.j(this.state, this.at, this.at);
    for (let i = 0; i < frameSamples; i++) frame[i] = (heap[i] ?? 0) / scale;
    return speech;
  }

  close(): void {
    this.exports.h(this.state);
  }
}

/** What a frame of 10 ms costs this machine, in ms. */
export function costOf(module: WebAssembly.Module, now: () => number): number {
  const rnnoise = new Rnnoise(module);
  const frame = new Float32Array(frameSamples);
  const frames = 100;
  const started = now();
  for (let n = 0; n < frames; n++) {
    for (let i = 0; i < frameSamples; i++) frame[i] = Math.sin((n * frameSamples + i) / 20) / 4 + (((i * 7919) % 101) - 50) / 500;
    rnnoise.process(frame);
  }
  rnnoise.close();
  return (now() - started) / frames;
}
