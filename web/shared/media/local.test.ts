/** Devices that come and go under a call. The machine's own cannot be unplugged in a test, so the browser's edge is played. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { DeviceNews } from "./device_news";
import { defaultChoices, LocalMedia } from "./local";

class FakeTrack extends EventTarget {
  readyState = "live";
  muted = false;
  enabled = true;
  contentHint = "";
  constructor(
    readonly kind: "audio" | "video",
    readonly device: MediaDeviceInfo,
  ) {
    super();
  }
  get label() {
    return this.device.label;
  }
  getSettings = () => ({ deviceId: this.device.deviceId });
  stop() {
    this.readyState = "ended";
  }
}

class FakeMachine extends EventTarget {
  devices: MediaDeviceInfo[] = [];
  open: FakeTrack[] = [];
  refusal = (name: string): unknown => new DOMException("", name);
  enumerateDevices = () => Promise.resolve([...this.devices]);
  getUserMedia = (constraints: MediaStreamConstraints) =>
    Promise.resolve().then(() => {
      const tracks = (["audio", "video"] as const).filter((kind) => constraints[kind]).map((kind) => this.take(kind, constraints[kind] as MediaTrackConstraints));
      return { getTracks: () => tracks, getAudioTracks: () => tracks.filter((t) => t.kind === "audio"), getVideoTracks: () => tracks.filter((t) => t.kind === "video") };
    });
  private take(kind: "audio" | "video", { deviceId }: MediaTrackConstraints): FakeTrack {
    const wanted = (deviceId as { exact?: string } | undefined)?.exact;
    const device = this.devices.find((one) => one.kind === `${kind}input` && (!wanted || one.deviceId === wanted));
    if (!device) throw this.refusal(wanted ? "OverconstrainedError" : "NotFoundError");
    const track = new FakeTrack(kind, device);
    this.open.push(track);
    return track;
  }
  plug(...devices: MediaDeviceInfo[]) {
    this.devices.push(...devices);
    this.dispatchEvent(new Event("devicechange"));
  }
  pull(deviceId: string) {
    this.devices = this.devices.filter((device) => device.deviceId !== deviceId);
    for (const track of this.open.filter((one) => one.device.deviceId === deviceId && one.readyState === "live")) {
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
    this.dispatchEvent(new Event("devicechange"));
  }
}

const device = (kind: MediaDeviceKind, deviceId: string, label: string, groupId = deviceId) => ({ kind, deviceId, label, groupId }) as MediaDeviceInfo;
const builtIn = [device("audioinput", "mic", "Micrô của máy"), device("videoinput", "cam", "Camera của máy"), device("audiooutput", "default", "Loa của máy")];
const headset = [device("audioinput", "head", "Tai nghe USB", "g"), device("audiooutput", "head-out", "Tai nghe USB", "g")];

let machine: FakeMachine;
let local: LocalMedia;
let news: DeviceNews[];

async function start(choices = {}, devices: MediaDeviceInfo[] = builtIn) {
  machine = new FakeMachine();
  machine.devices = [...devices];
  vi.stubGlobal("navigator", { mediaDevices: machine });
  local = new LocalMedia({ ...defaultChoices, ...choices });
  news = [];
  local.onNews((one) => news.push(one));
  await local.start();
}
const settle = () => new Promise((done) => setTimeout(done, 5));

beforeEach(() => start());

describe("a device that is pulled", () => {
  it("gives way to another, and that is said", async () => {
    machine.plug(...headset);
    await settle();
    await local.choose("microphone", "head");
    news = [];
    machine.pull("head");
    await settle();
    expect(local.state.microphone).toMatchObject({ on: true, deviceId: "mic" });
    expect(news).toContainEqual({ kind: "pulled", part: "microphone", label: "Tai nghe USB", now: "Micrô của máy" });
  });
  it("gives way to another in Firefox too, which refuses with what is no DOMException", async () => {
    machine.refusal = (name) => ({ name, message: "Constraints could not be satisfied." });
    machine.plug(device("audioinput", "head", "Tai nghe USB"));
    machine.pull("mic");
    await settle();
    expect(local.state.microphone).toMatchObject({ on: true, deviceId: "head", problem: null });
    machine.pull("head");
    await settle();
    expect(local.state.microphone).toMatchObject({ on: false, problem: "missing" });
  });
  it("is used again when it is back, because it was chosen", async () => {
    machine.plug(...headset);
    await settle();
    await local.choose("microphone", "head");
    machine.pull("head");
    await settle();
    news = [];
    machine.plug(...headset.slice(0, 1));
    await settle();
    expect(local.state.microphone).toMatchObject({ on: true, deviceId: "head" });
    expect(news).toEqual([{ kind: "back", part: "microphone", label: "Tai nghe USB" }]);
  });
  it("was the last: the call goes on, and the next that is plugged in is used", async () => {
    machine.pull("cam");
    await settle();
    expect(local.state.camera).toMatchObject({ on: false, track: null, problem: "missing" });
    expect(news).toEqual([{ kind: "pulled", part: "camera", label: "Camera của máy", now: "" }]);
    machine.plug(device("videoinput", "cam2", "Camera USB"));
    await settle();
    expect(local.state.camera).toMatchObject({ on: true, deviceId: "cam2", problem: null });
  });
  it("gives sound back to the system's speaker, and takes it again", async () => {
    machine.plug(...headset);
    await settle();
    local.chooseSpeaker("head-out");
    machine.pull("head-out");
    await settle();
    expect(local.state.speakerId).toBe("");
    expect(news.at(-1)).toEqual({ kind: "pulled", part: "speaker", label: "Tai nghe USB", now: "Loa của máy" });
    machine.plug(...headset.slice(1));
    await settle();
    expect(local.state.speakerId).toBe("head-out");
  });
});

describe("a device that is plugged in", () => {
  it("is told once, a headset's two halves as one, and not taken unasked", async () => {
    machine.plug(...headset);
    await settle();
    expect(news).toEqual([{ kind: "plugged", part: "microphone", label: "Tai nghe USB" }]);
    expect(local.state.microphone.deviceId).toBe("mic");
  });
});

describe("a phone call or a sleep", () => {
  it("shows that the system holds the microphone, and that it is back", () => {
    const track = local.state.microphone.track as unknown as FakeTrack;
    track.muted = true;
    track.dispatchEvent(new Event("mute"));
    expect(local.state.microphone.held).toBe(true);
    track.muted = false;
    track.dispatchEvent(new Event("unmute"));
    expect(local.state.microphone.held).toBe(false);
  });
  it("opens anew what gives nothing any more, and leaves alone what works and what is off", async () => {
    const camera = local.state.camera.track;
    (local.state.microphone.track as unknown as FakeTrack).muted = true;
    await local.revive();
    expect(local.state.microphone.track?.muted).toBe(false);
    expect(local.state.camera.track).toBe(camera);
    await local.switch("camera", false);
    await local.revive();
    expect(local.state.camera).toMatchObject({ on: false, track: null });
  });
});

describe("what is switched off while it opens", () => {
  it.each(["camera", "microphone"] as const)("stays off: %s, when the page begins", async (input) => {
    const starting = start();
    await local.switch(input, false);
    await starting;
    expect(local.state[input]).toMatchObject({ on: false, track: null });
    expect(machine.open.filter((track) => track.kind === (input === "camera" ? "video" : "audio")).map((track) => track.readyState)).toEqual(["ended"]);
    expect(local.state[input === "camera" ? "microphone" : "camera"].on).toBe(true);
  });
  it("stays off: a camera that was just switched on", async () => {
    await local.switch("camera", false);
    const opening = local.switch("camera", true);
    await local.switch("camera", false);
    await opening;
    expect(local.state.camera).toMatchObject({ on: false, track: null });
    await local.switch("camera", true);
    expect(local.state.camera).toMatchObject({ on: true });
  });
});
