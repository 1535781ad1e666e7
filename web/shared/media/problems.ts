/** Why a camera or microphone did not open, and which browser to explain it for. */

export type Problem = "denied" | "denied-by-system" | "missing" | "busy" | "insecure" | "failed";
export type Browser = "chromium" | "firefox" | "safari" | "ios" | "other";

export function problemOf(error: unknown): Problem {
  if (!(error instanceof DOMException)) return "failed";
  switch (error.name) {
    case "NotAllowedError":
      return /system/i.test(error.message) ? "denied-by-system" : "denied";
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}

export function browserOf(userAgent: string): Browser {
  if (/iPhone|iPad/.test(userAgent)) return "ios";
  if (/Firefox\//.test(userAgent)) return "firefox";
  if (/Chrom(e|ium)\//.test(userAgent)) return "chromium";
  if (/Safari\//.test(userAgent)) return "safari";
  return "other";
}

/** What a call cannot do without. */
export function browserLacks(): string[] {
  const needed: [string, boolean][] = [
    ["WebRTC", typeof RTCPeerConnection !== "undefined"],
    ["WebSocket", typeof WebSocket !== "undefined"],
  ];
  return needed.filter(([, there]) => !there).map(([name]) => name);
}
