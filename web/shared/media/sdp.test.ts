import { describe, expect, it } from "vitest";
import { averageBitrate, withBothEars, withSoundRepair } from "./sdp";

const lines = (...list: string[]) => list.map((line) => line + "\r\n").join("");
const session = lines("v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0");
const audio = (mid: string, direction: string, fmtp: string) =>
  lines("m=audio 9 UDP/TLS/RTP/SAVPF 111", `a=mid:${mid}`, `a=${direction}`, "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc", `a=fmtp:111 ${fmtp}`);
const video = lines("m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1", "a=sendonly", "a=rtpmap:96 VP8/90000");

describe("what is read of an answer", () => {
  it("is the rate of one line and no other", () => {
    const sdp = session + audio("0", "recvonly", "useinbandfec=1") + video + audio("10", "recvonly", "useinbandfec=1;maxaveragebitrate=20000");
    expect(averageBitrate(sdp, "10")).toBe(20000);
    expect(averageBitrate(sdp, "0")).toBeNull();
    expect(averageBitrate(sdp, "1")).toBeNull();
    expect(averageBitrate(sdp, "7")).toBeNull();
  });
});

describe("what is written into an offer", () => {
  it("is repair for sound that is sent", () => {
    const sdp = withSoundRepair(session + audio("0", "sendonly", "minptime=10") + video);
    expect(sdp).toContain("a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\na=rtcp-fb:111 transport-cc\r\n");
    expect(sdp.endsWith(video)).toBe(true);
  });

  it("is both ears for sound that is received, and is said once", () => {
    const sdp = withBothEars(session + audio("0", "sendonly", "minptime=10") + audio("2", "recvonly", "minptime=10") + audio("4", "recvonly", "stereo=1"));
    expect(sdp.match(/a=fmtp:.*/g)).toEqual(["a=fmtp:111 minptime=10", "a=fmtp:111 minptime=10;stereo=1", "a=fmtp:111 stereo=1"]);
  });

  it("is repair for sound that is received, too", () => {
    const sdp = withSoundRepair(session + audio("2", "recvonly", "minptime=10"));
    expect(sdp).toContain("a=rtcp-fb:111 nack\r\n");
  });
});
