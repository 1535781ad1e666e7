/** The little that is read of session descriptions, and written into them. Pure. */

/** One string for each m-line, the session's lines first. */
const sections = (sdp: string) => sdp.split(/(?=^m=)/m);

/** How many bit/s a line's sound is to have on the average, when its description says. */
export function averageBitrate(sdp: string, mid: string): number | null {
  const section = sections(sdp).find((one) => one.split(/\r?\n/).includes(`a=mid:${mid}`));
  const found = /maxaveragebitrate=(\d+)/.exec(section ?? "");
  return found ? Number(found[1]) : null;
}

/** Of a line's formats the first is what is sent. */
function preferring(section: string, codec: string): string {
  const type = new RegExp(`^a=rtpmap:(\\d+) ${codec}/`, "m").exec(section)?.[1] ?? "";
  return section.replace(new RegExp(`^(m=\\S+ \\S+ \\S+)(.*?)( ${type})(?!\\d)`, "m"), "$1$3$2");
}

/**
 * A description that asks for sound in packets of this length, at no more than this rate; at a limited rate without redundancy, which
 * would take as much again: Opus' own error correction makes good what is lost.
 */
export function withPackets(sdp: string, mid: string, packetMs: number, maxBps?: number): string {
  const repacked = (whole: string) => {
    const section = preferring(whole, maxBps === undefined ? "red" : "opus");
    const opus = /^a=rtpmap:(\d+) opus/m.exec(section)?.[1] ?? "";
    const plain = section.replace(/^a=ptime:\d+/m, `a=ptime:${packetMs}`).replace(/maxaveragebitrate=\d+;|;maxaveragebitrate=\d+/g, "");
    return maxBps === undefined ? plain : plain.replace(new RegExp(`^a=fmtp:${opus} [^\\r\\n]*`, "m"), `$&;maxaveragebitrate=${maxBps}`);
  };
  return sections(sdp)
    .map((section) => (section.split(/\r?\n/).includes(`a=mid:${mid}`) ? repacked(section) : section))
    .join("");
}

/** Takes sound with both its ears: without this a browser plays a stethoscope's two channels as one (RFC 7587 §6.1, `stereo`). */
export function withBothEars(sdp: string): string {
  return sections(sdp)
    .map((section) => {
      if (!section.startsWith("m=audio") || !/^a=recvonly/m.test(section)) return section;
      const opus = /^a=rtpmap:(\d+) opus\/48000\/2/m.exec(section)?.[1];
      return section.replace(new RegExp(`^(a=fmtp:${opus} (?!.*stereo=1)[^\\r\\n]*)`, "m"), "$1;stereo=1");
    })
    .join("");
}

/** Offers to send lost packets of sound again (RFC 4585 generic NACK): browsers can, but do not offer it by themselves. */
export function withSoundRepair(sdp: string): string {
  return sections(sdp)
    .map((section) => {
      if (!section.startsWith("m=audio") || !/^a=(sendonly|recvonly)/m.test(section)) return section;
      return section.replace(/^a=rtpmap:(\d+) opus\/48000\/2(\r?\n)/m, "$&a=rtcp-fb:$1 nack$2");
    })
    .join("");
}
