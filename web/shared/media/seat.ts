/**
 * This seat's further sources and cameras that turn, for who examines from afar: which devices have been sent under which
 * name (remembered by device), starting one when asked, turning a camera, and the places it remembers. Browser only.
 */
import type * as P from "../protocol/messages";
import type { LocalMedia } from "./local";
import type { Problem } from "./problems";
import { type Position, rangesOf, turned } from "./turning";

export interface KnownSource {
  source: P.Source;
  label: string;
}
export interface Place extends Position {
  name: string;
}

const sourcesKey = "hoichan.sources";
const placesKey = "hoichan.places";
const mostPlaces = 8;

function read<T>(key: string): Record<string, T> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") as Record<string, T>;
  } catch {
    return {};
  }
}

function write(key: string, value: object): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage refused: the next call asks again.
  }
}

interface Sent {
  source: P.Source;
  track: MediaStreamTrack;
}

export class Seat {
  constructor(private readonly local: LocalMedia) {}

  /** A device was sent under this name: it can be asked for from now on, in later calls too. */
  remember(deviceId: string, known: KnownSource): void {
    write(sourcesKey, { ...read<KnownSource>(sourcesKey), [deviceId]: known });
  }

  forget(deviceId: string): void {
    const rest = Object.entries(read<KnownSource>(sourcesKey)).filter(([id]) => id !== deviceId);
    write(sourcesKey, Object.fromEntries(rest));
  }

  knownAs(deviceId: string): KnownSource | null {
    return read<KnownSource>(sourcesKey)[deviceId] ?? null;
  }

  /** What could be sent and is not. */
  offers(): P.OfferedSource[] {
    const known = read<KnownSource>(sourcesKey);
    const sent = new Set(this.local.state.extras.map((extra) => extra.track.getSettings().deviceId));
    return this.local.state.devices
      .filter((device) => known[device.deviceId] && !sent.has(device.deviceId))
      .map((device) => known[device.deviceId] as KnownSource)
      .slice(0, 16);
  }

  /** The device that was last sent as this source, if it is plugged in. */
  deviceFor(source: P.Source): string | null {
    const known = read<KnownSource>(sourcesKey);
    return this.local.state.devices.find((device) => known[device.deviceId]?.source === source)?.deviceId ?? null;
  }

  async start(source: P.Source, deviceId: string, label: string): Promise<Problem | null> {
    const problem = await (source === "stethoscope" ? this.local.addStethoscope(deviceId, label) : this.local.addCamera(deviceId, source, label));
    if (!problem) this.remember(deviceId, { source, label });
    return problem;
  }

  stop(source: P.Source): void {
    for (const extra of this.local.state.extras) if (extra.source === source) this.local.removeSource(extra.key);
  }

  /** Cameras that turn, with the places they remember. */
  cameras(): P.Camera[] {
    return this.sent().flatMap(({ source, track }) => {
      const ranges = rangesOf(capabilitiesOf(track));
      if (Object.keys(ranges).length === 0) return [];
      const presets = this.places(track).map(({ name }) => ({ name }));
      return [{ source, pan: !!ranges.pan, tilt: !!ranges.tilt, zoom: !!ranges.zoom, presets }];
    });
  }

  async turn(source: P.Source, wanted: Position, relative: boolean): Promise<void> {
    const track = this.trackOf(source);
    if (track) await apply(track, turned(rangesOf(capabilitiesOf(track)), track.getSettings(), wanted, relative));
  }

  async preset(source: P.Source, action: P.CameraPreset["action"], name: string): Promise<void> {
    const track = this.trackOf(source);
    if (!track) return;
    const places = this.places(track);
    const place = places.find((one) => one.name === name);
    if (action === "go") {
      if (place) await apply(track, place);
      return;
    }
    const kept = places.filter((one) => one.name !== name);
    const { pan, tilt, zoom }: Position = track.getSettings();
    const now: Place = { name, ...(pan === undefined ? {} : { pan }), ...(tilt === undefined ? {} : { tilt }), ...(zoom === undefined ? {} : { zoom }) };
    const next = action === "save" ? [...kept, now].slice(-mostPlaces) : kept;
    write(placesKey, { ...read<Place[]>(placesKey), [track.getSettings().deviceId ?? ""]: next });
  }

  private places(track: MediaStreamTrack): Place[] {
    return read<Place[]>(placesKey)[track.getSettings().deviceId ?? ""] ?? [];
  }

  private sent(): Sent[] {
    const { camera, extras } = this.local.state;
    const own: Sent[] = camera.track ? [{ source: "camera", track: camera.track }] : [];
    return [...own, ...extras.filter((extra) => extra.track.kind === "video" && extra.source !== "screen")];
  }

  private trackOf(source: P.Source): MediaStreamTrack | undefined {
    return this.sent().find((one) => one.source === source)?.track;
  }
}

function capabilitiesOf(track: MediaStreamTrack): object {
  return track.getCapabilities?.() ?? {};
}

async function apply(track: MediaStreamTrack, { pan, tilt, zoom }: Position): Promise<void> {
  const place = Object.entries({ pan, tilt, zoom }).filter(([, value]) => value !== undefined);
  if (place.length > 0) await track.applyConstraints({ advanced: [Object.fromEntries(place)] }).catch(() => undefined);
}
