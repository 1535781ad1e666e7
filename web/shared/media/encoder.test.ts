import { describe, expect, it } from "vitest";
import { Encoder, type Wanted } from "./encoder";
import { cameraLayers, encodingsUnder, listed, screenLayers, thinFramerate, thinPictureBitrate } from "./encodings";
import type { Layer } from "./encodings";

/** A sender as browsers have it: who writes while a write is under way, or what was read before the last write, is refused. */
class Sender {
  encodings: RTCRtpEncodingParameters[];
  writes = 0;
  refuse = 0;
  private writing = false;
  private transaction = 0;

  constructor(layers: readonly Layer[]) {
    this.encodings = layers.map((layer) => ({ ...layer, active: true }));
  }

  getParameters(): RTCRtpSendParameters {
    return { transactionId: String(this.transaction), encodings: this.encodings.map((one) => ({ ...one })), codecs: [], headerExtensions: [], rtcp: {} };
  }

  async setParameters({ transactionId, encodings }: RTCRtpSendParameters): Promise<void> {
    if (this.writing || transactionId !== String(this.transaction)) throw new DOMException("another write is under way", "InvalidModificationError");
    this.writing = true;
    await new Promise((done) => setTimeout(done, 1));
    this.writing = false;
    this.transaction++;
    if (this.refuse-- > 0) throw new DOMException("not now", "InvalidStateError");
    this.writes++;
    this.encodings = encodings;
  }

  get framerates() {
    return this.encodings.map((one) => one.maxFramerate);
  }

  get active() {
    return this.encodings.map((one) => one.active);
  }
}

const plain = { shown: null, beside: false, thin: false };

describe("what is sent over a thin line", () => {
  it("is little of the smallest size, and nothing of the others", () => {
    const sent = encodingsUnder(cameraLayers, { shown: null, beside: false, thin: true }).map(({ rid, active, maxBitrate }: Wanted) => [rid, active ?? true, maxBitrate]);
    expect(sent).toEqual([["h", false, 1_600_000], ["m", false, 500_000], ["l", true, thinPictureBitrate]]);
    const inFirefox = encodingsUnder(listed(cameraLayers, "firefox"), { shown: null, beside: false, thin: true }); // its largest went on alone once
    expect(inFirefox.map(({ rid, active }: Wanted) => [rid, active ?? true])).toEqual([["l", true], ["m", false], ["h", false]]);
    expect(encodingsUnder([{ maxBitrate: 300_000 }], { shown: null, beside: true, thin: true })).toEqual([{ maxBitrate: thinPictureBitrate, maxFramerate: thinFramerate }]);
  });
});

describe("what is sent of a picture that is shown small", () => {
  const whole = { width: 1280, height: 720 };
  const active = (width: number, height: number, layers = cameraLayers) =>
    encodingsUnder(layers, { shown: { wanted: { width, height }, whole }, beside: false, thin: false }).map(({ active: on }: Wanted) => on ?? true);

  it("is the smallest size that is large enough, and what is smaller", () => {
    expect(active(1280, 720)).toEqual([true, true, true]);
    expect(active(770, 400)).toEqual([true, true, true]);
    expect(active(768, 400)).toEqual([false, true, true]); // a little blur
    expect(active(320, 180)).toEqual([false, false, true]);
    expect(active(3840, 2160)).toEqual([true, true, true]);
    expect(active(320, 180, listed(cameraLayers, "firefox"))).toEqual([true, false, false]);
    expect(active(320, 180, [])).toEqual([]);
  });

  it("is no more beside another that is examined, or over a thin line", () => {
    const shown = { wanted: { width: 640, height: 360 }, whole };
    expect(encodingsUnder(cameraLayers, { shown, beside: true, thin: false }).map(({ active: on }: Wanted) => on)).toEqual([false, undefined, undefined]);
    expect(encodingsUnder(cameraLayers, { shown, beside: false, thin: true }).map(({ active: on }: Wanted) => on ?? true)).toEqual([false, false, true]);
  });
});

describe("an encoder", () => {
  it("loses nothing when a line becomes thin while the picture gives way", async () => {
    const sender = new Sender(cameraLayers);
    const encoder = new Encoder(sender);
    const first = encoder.want(encodingsUnder(cameraLayers, { shown: null, beside: true, thin: false }));
    await Promise.all([first, encoder.want(encodingsUnder(cameraLayers, { shown: null, beside: true, thin: true }))]);
    expect([sender.active, sender.framerates]).toEqual([[false, false, true], [undefined, undefined, thinFramerate]]);
  });

  it("ends at what is wanted last, however quickly it changes", async () => {
    const sender = new Sender(screenLayers);
    const encoder = new Encoder(sender);
    const all = [true, false, true, false].map((thin) => encoder.want(encodingsUnder(screenLayers, { shown: null, beside: thin, thin })));
    await Promise.all(all);
    expect(sender.encodings).toEqual(screenLayers.map((layer) => ({ ...layer, active: true })));
    expect(sender.writes).toBe(2); // the first and the last: what was wanted in between is nobody's any more
  });

  it("writes what was refused when it is wanted again", async () => {
    const sender = new Sender(cameraLayers);
    sender.refuse = 1;
    const encoder = new Encoder(sender);
    const wanted = encodingsUnder(cameraLayers, { shown: null, beside: false, thin: true });
    await encoder.want(wanted);
    expect(sender.framerates).toEqual([undefined, undefined, undefined]);
    await encoder.want(wanted);
    expect(sender.framerates).toEqual([undefined, undefined, thinFramerate]);
  });

  it("does not write what is so already", async () => {
    const sender = new Sender(cameraLayers);
    await new Encoder(sender).want(encodingsUnder(cameraLayers, plain));
    expect(sender.writes).toBe(0);
  });

  it("knows layers by their name when an answer took the first away", async () => {
    const sender = new Sender(cameraLayers.slice(1));
    await new Encoder(sender).want(encodingsUnder(cameraLayers, { shown: null, beside: true, thin: false }));
    expect(sender.encodings.map(({ rid, active, maxBitrate }) => [rid, active, maxBitrate])).toEqual([["m", true, 500_000], ["l", true, 150_000]]);
  });
});
