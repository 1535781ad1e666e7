/** The real RNNoise: the names of its build's functions are only letters, and what it does must be heard. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { costOf, frameSamples, Rnnoise } from "./rnnoise";

const module = new WebAssembly.Module(readFileSync(new URL("../../../node_modules/@jitsi/rnnoise-wasm/dist/rnnoise.wasm", import.meta.url)));

describe("RNNoise", () => {
  it("takes a hiss away", () => {
    const rnnoise = new Rnnoise(module);
    let seed = 1;
    const hiss = () => ((seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5) * 0.1;
    const energy = (frame: Float32Array) => frame.reduce((sum, sample) => sum + sample * sample, 0);
    let before = 0;
    let after = 0;
    for (let n = 0; n < 300; n++) {
      const frame = Float32Array.from({ length: frameSamples }, hiss);
      if (n >= 200) before += energy(frame); // it listens for a while first
      rnnoise.process(frame);
      if (n >= 200) after += energy(frame);
    }
    rnnoise.close();
    expect(after).toBeLessThan(before / 10);
  });
  it("tells what a frame costs", () => expect(costOf(module, () => performance.now())).toBeGreaterThan(0));
});
