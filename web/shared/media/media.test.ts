import { describe, expect, it } from "vitest";
import { cameraLayers, layersFor, preferredCodecs } from "./encodings";
import { loudness } from "./level";
import { browserOf, problemOf } from "./problems";
import { lineOf, qualityBetween, readStats } from "./quality";

describe("layers", () => {
  it("list the most wanted first, because a small camera keeps the first", () => expect(cameraLayers.map((layer) => layer.rid)).toEqual(["h", "m", "l"]));
  it("are fewer for a small camera", () => expect([720, 480, 180].map((height) => layersFor(height).length)).toEqual([3, 2, 1]));
  it("are all of them while the camera is not known", () => expect(layersFor(undefined)).toHaveLength(3));
});

describe("preferredCodecs", () => {
  const codec = (mimeType: string, sdpFmtpLine?: string) => ({ mimeType, clockRate: 90000, sdpFmtpLine });
  it("puts RED before Opus and leaves the telephone's codecs out", () => {
    const offered = ["audio/opus", "audio/red", "audio/G722", "audio/PCMU", "audio/CN", "audio/telephone-event"].map((m) => codec(m));
    expect(preferredCodecs("audio", offered).map((c) => c.mimeType)).toEqual(["audio/red", "audio/opus"]);
  });
  it("keeps VP8, constrained baseline H.264 and retransmission", () => {
    const offered = [codec("video/VP9"), codec("video/H264", "packetization-mode=0;profile-level-id=42e01f"), codec("video/H264", "packetization-mode=1;profile-level-id=42e01f"), codec("video/rtx"), codec("video/VP8"), codec("video/AV1")];
    expect(preferredCodecs("video", offered).map((c) => c.mimeType)).toEqual(["video/VP8", "video/H264", "video/rtx"]);
  });
});

describe("quality", () => {
  const stats = (packetsReceived: number, packetsLost: number, concealedSamples: number, silent = 0) => [
    { id: "a", type: "inbound-rtp", kind: "audio", packetsReceived, packetsLost, concealedSamples, silentConcealedSamples: silent, totalSamplesReceived: packetsReceived * 960, jitter: 0.012 },
    { id: "v", type: "inbound-rtp", kind: "video", packetsReceived, packetsLost: 0, freezeCount: 1 },
    { id: "t", type: "transport", selectedCandidatePairId: "p" },
    { id: "p", type: "candidate-pair", localCandidateId: "l", currentRoundTripTime: 0.045 },
    { id: "q", type: "candidate-pair", localCandidateId: "m", currentRoundTripTime: 9 },
    { id: "l", type: "local-candidate", candidateType: "host", protocol: "udp" },
  ];
  it("reports what happened since the last report", () => {
    const before = readStats(stats(1000, 0, 0));
    const now = readStats(stats(1250, 50, 24_000));
    expect(qualityBetween(before, now)).toEqual({ concealed_permille: 100, freezes: 0, rtt_ms: 45, jitter_ms: 12, loss_permille: 91, protocol: "udp" });
  });
  it("does not call silence without packets a loss", () => expect(qualityBetween(null, readStats(stats(100, 0, 48_000, 48_000))).concealed_permille).toBe(0));
  it("starts over with a new peer connection", () => {
    const quality = qualityBetween(readStats(stats(5000, 400, 90_000)), readStats(stats(100, 0, 0)));
    expect([quality.loss_permille, quality.concealed_permille]).toEqual([0, 0]);
  });
  it("names the way through a TURN server", () => {
    const relayed = [{ id: "p", type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "l" }, { id: "l", type: "local-candidate", candidateType: "relay", relayProtocol: "tls" }];
    expect(readStats(relayed).protocol).toBe("turn-tls");
  });
  it("puts what is heard before what is seen", () => {
    expect(lineOf({ concealed_permille: 100 })).toBe("poor");
    expect(lineOf({ freezes: 3 })).toBe("fair");
    expect(lineOf({ rtt_ms: 40, loss_permille: 5 })).toBe("good");
  });
});

describe("loudness", () => {
  it("is nothing in silence and most at full scale", () => {
    expect(loudness(new Float32Array(512))).toBe(0);
    expect(loudness(new Float32Array(512).fill(1))).toBe(1);
    expect(loudness(new Float32Array(512).fill(0.03))).toBeGreaterThan(0.4);
  });
});

describe("problems", () => {
  it("tells a browser's refusal from the operating system's", () => {
    expect(problemOf(new DOMException("Permission denied", "NotAllowedError"))).toBe("denied");
    expect(problemOf(new DOMException("Permission denied by system", "NotAllowedError"))).toBe("denied-by-system");
    expect(problemOf(new DOMException("", "NotReadableError"))).toBe("busy");
    expect(problemOf(new TypeError("x"))).toBe("failed");
  });
  it("knows whose buttons to explain", () => {
    expect(browserOf("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0")).toBe("firefox");
    expect(browserOf("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit Version/19.0 Mobile Safari/604.1")).toBe("ios");
    expect(browserOf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36")).toBe("chromium");
  });
});
