import { describe, expect, it } from "vitest";
import { besideFocus, cameraLayers, layersFor, listed, preferredCodecs } from "./encodings";
import { loudness } from "./level";
import { browserOf, problemOf } from "./problems";
import { isThin, lineOf, qualityBetween, readStats, stillBetween } from "./quality";

describe("a thin line", () => {
  it("is one where little can be sent, and is left only when there is clearly more", () => {
    expect([90_000, 120_000, 250_000].map((bps) => isThin(false, bps))).toEqual([true, false, false]);
    expect([90_000, 120_000, 250_000].map((bps) => isThin(true, bps))).toEqual([true, true, false]);
    expect([isThin(true, undefined), isThin(false, undefined)]).toEqual([true, false]); // Firefox does not tell
  });
});

describe("layers", () => {
  it("are offered smallest first in Firefox, which never sends less than the first one's least", () => {
    expect(listed(cameraLayers, "firefox").map(({ rid }) => rid)).toEqual(["l", "m", "h"]);
    expect(listed(cameraLayers, "chromium").map(({ rid }) => rid)).toEqual(["h", "m", "l"]);
  });
  it("list the most wanted first, because a small camera keeps the first", () => expect(cameraLayers.map((layer) => layer.rid)).toEqual(["h", "m", "l"]));
  it("are fewer for a small camera", () => expect([720, 480, 180].map((height) => layersFor(height).length)).toEqual([3, 2, 1]));
  it("lose the largest beside a picture that is examined, whatever its place", () => {
    expect(besideFocus(cameraLayers).map((layer) => (layer as { active?: boolean }).active)).toEqual([false, undefined, undefined]);
    expect(besideFocus([...cameraLayers].reverse()).map((layer) => (layer as { active?: boolean }).active)).toEqual([undefined, undefined, false]);
  });
  it("keep a third of the rate where there is one size only", () => expect(besideFocus([{ maxBitrate: 900_000 }])).toEqual([{ maxBitrate: 300_000 }]));
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
  it("shows VP9 and AV1 too, of the profile that every browser decodes", () => {
    const offered = [codec("video/AV1", "level-idx=5;profile=1;tier=0"), codec("video/AV1", "level-idx=5;profile=0;tier=0"), codec("video/VP9", "profile-id=2"), codec("video/VP9", "profile-id=0"), codec("video/VP8")];
    expect(preferredCodecs("video", offered, "receiver").map((c) => c.sdpFmtpLine ?? c.mimeType)).toEqual(["video/VP8", "profile-id=0", "level-idx=5;profile=0;tier=0"]);
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
    expect(qualityBetween(before, now)).toEqual({ concealed_permille: 100, freezes: 0, frozen_ms: 0, frames_decoded: 0, frames_dropped: 0, rtt_ms: 45, jitter_ms: 12, loss_permille: 91, protocol: "udp" });
  });
  it("does not call silence without packets a loss", () => expect(qualityBetween(null, readStats(stats(100, 0, 48_000, 48_000))).concealed_permille).toBe(0));
  it("says nothing of sound while none comes", () => {
    const alone = [{ id: "a", type: "inbound-rtp", kind: "audio", packetsReceived: 0, totalSamplesReceived: 240_000, concealedSamples: 240_000, silentConcealedSamples: 0 }];
    expect(qualityBetween(null, readStats(alone)).concealed_permille).toBeUndefined();
  });
  it("tells what was seen, how long sound waited and what the own side can send, as Chromium says it", () => {
    const at = (seconds: number) => [
      { id: "a", type: "inbound-rtp", kind: "audio", packetsReceived: 50 * seconds, jitterBufferDelay: 48_000 * seconds * 0.08, jitterBufferEmittedCount: 48_000 * seconds, totalSamplesReceived: 48_000 * seconds },
      { id: "v", type: "inbound-rtp", kind: "video", mid: "5", packetsReceived: 30 * seconds, framesDecoded: 20 * seconds, framesDropped: seconds, freezeCount: seconds, totalFreezesDuration: 0.3 * seconds },
      { id: "o", type: "outbound-rtp", kind: "video", rid: "h", qualityLimitationReason: "none" },
      { id: "o2", type: "outbound-rtp", kind: "video", rid: "l", qualityLimitationReason: "cpu" },
      { id: "p", type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "l", currentRoundTripTime: 0.2, availableOutgoingBitrate: 312_345.6 },
      { id: "l", type: "local-candidate", candidateType: "host", protocol: "tcp" },
    ];
    expect(qualityBetween(readStats(at(10)), readStats(at(15)))).toEqual({
      concealed_permille: 0, loss_permille: 0, jitter_ms: 0, buffer_ms: 80, rtt_ms: 200, freezes: 5, frozen_ms: 1500, frames_decoded: 100, frames_dropped: 5, estimate_bps: 312_346, limited: "cpu", protocol: "tcp",
    });
  });
  it("takes Firefox's round trip from the reports on what it sends", () => {
    const firefox = [
      { id: "p", type: "candidate-pair", selected: true, nominated: true, state: "succeeded", localCandidateId: "l" },
      { id: "l", type: "local-candidate", candidateType: "host", protocol: "udp" },
      { id: "r", type: "remote-inbound-rtp", kind: "audio", roundTripTime: 0.123 },
      { id: "o", type: "outbound-rtp", kind: "video" },
    ];
    expect(readStats(firefox)).toMatchObject({ rttMs: 123, estimateBps: null, limited: null, protocol: "udp" });
  });
  it("knows which pictures stand still", () => {
    const at = (moving: number, standing: number) => readStats([
      { id: "1", type: "inbound-rtp", kind: "video", mid: "3", framesDecoded: moving },
      { id: "2", type: "inbound-rtp", kind: "video", mid: "5", framesDecoded: standing },
      { id: "3", type: "inbound-rtp", kind: "video", mid: "7", framesDecoded: 0 },
    ]);
    expect([...stillBetween(at(100, 40), at(150, 40))]).toEqual(["5"]);
    expect([...stillBetween(null, at(150, 40))]).toEqual([]);
  });
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
