import { describe, expect, it } from "vitest";
import { averageBitrate, withBothEars, withPackets, withSoundRepair } from "./sdp";

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

describe("an answer that asks for other packets", () => {
  const other = audio("2", "sendonly", "useinbandfec=1") + "a=ptime:20\r\n";
  const sdp = session + audio("0", "recvonly", "minptime=10;useinbandfec=1") + "a=ptime:20\r\n" + video + other;

  it("changes one line, there and back", () => {
    const thin = withPackets(sdp, "0", 60, 20000);
    expect(thin).toContain("a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=20000\r\na=ptime:60\r\n");
    expect(thin.endsWith(video + other)).toBe(true);
    expect(withPackets(thin, "0", 60, 20000)).toBe(thin);
    expect(withPackets(thin, "0", 20)).toBe(sdp);
    const reordered = thin.replace("minptime=10;useinbandfec=1;maxaveragebitrate=20000", "maxaveragebitrate=20000;minptime=10;useinbandfec=1"); // as Chromium keeps it
    expect(withPackets(reordered, "0", 20)).toBe(sdp);
  });

  it("does without redundancy where bits are few, and takes it back", () => {
    const red = sdp.replace("SAVPF 111", "SAVPF 63 111").replace("a=rtpmap:111", "a=rtpmap:63 red/48000/2\r\na=rtpmap:111");
    const thin = withPackets(red, "0", 60, 20000);
    expect(thin).toContain("m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n");
    expect(withPackets(thin, "0", 20)).toBe(red);
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
