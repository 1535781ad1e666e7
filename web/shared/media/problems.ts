/** Why a camera or microphone did not open, and which browser to explain it for. */

export type Problem = "denied" | "denied-by-system" | "missing" | "busy" | "insecure" | "failed";
export type Browser = "chromium" | "firefox" | "safari" | "ios" | "other";

/** By its name alone: what Firefox refuses a device with is no DOMException. */
const nameOf = (error: unknown): string => (typeof error === "object" && error !== null && "name" in error ? String(error.name) : "");

/** Whether the very device that was asked for is not there. */
export const isGone = (error: unknown): boolean => /^(OverconstrainedError|NotFoundError)$/.test(nameOf(error));

export function problemOf(error: unknown): Problem {
  switch (nameOf(error)) {
    case "NotAllowedError":
      return /system/i.test(String(error)) ? "denied-by-system" : "denied";
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
