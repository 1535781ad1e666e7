/** What changed among the devices that a person should hear of, and what to do about it. Pure. */

export type Input = "camera" | "microphone";
export type Part = Input | "speaker";

/** "pulled": it went, `now` is used instead ("" when nothing is left). "back": it came again and is used. "plugged": it is new. */
export interface DeviceNews {
  kind: "pulled" | "back" | "plugged";
  part: Part;
  label: string;
  now?: string;
}

export type Device = Pick<MediaDeviceInfo, "deviceId" | "kind" | "label" | "groupId">;

export const kindOf: Readonly<Record<Part, MediaDeviceKind>> = { camera: "videoinput", microphone: "audioinput", speaker: "audiooutput" };

/** Chromium lists these beside the real ones; they stand for whichever the system prefers. */
const standsForAnother = /^(default|communications)$/;

export const has = (devices: readonly Device[], part: Part, deviceId: string) => devices.some((device) => device.kind === kindOf[part] && device.deviceId === deviceId);
export const labelOf = (devices: readonly Device[], part: Part, deviceId: string) => devices.find((device) => device.kind === kindOf[part] && device.deviceId === deviceId)?.label ?? "";

/** New ones, a headset's microphone and speaker as one. Before permission devices have no names, and are nothing to tell. */
export function pluggedIn(before: readonly Device[], now: readonly Device[]): DeviceNews[] {
  if (!before.some((device) => device.label)) return [];
  const fresh = now.filter((device) => device.label && !standsForAnother.test(device.deviceId) && !before.some((old) => old.kind === device.kind && old.deviceId === device.deviceId));
  const told = fresh.filter((device) => device.kind !== "audiooutput" || !fresh.some((other) => other.kind === "audioinput" && other.groupId === device.groupId));
  return told.map((device) => ({ kind: "plugged", part: partOf(device.kind), label: device.label }));
}

function partOf(kind: MediaDeviceKind): Part {
  return kind === "videoinput" ? "camera" : kind === "audioinput" ? "microphone" : "speaker";
}
