import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ExtraSource, LocalMedia, LocalState } from "./local";
import { cameraLayers, thinFramerate } from "./encodings";
import { Peer } from "./peer";

interface Line {
  key: string;
  encodings: RTCRtpEncodingParameters[];
}

const track = (kind: "audio" | "video", label: string) => ({ kind, label, getSettings: () => ({ height: 720 }) }) as unknown as MediaStreamTrack;
let lines: Line[];

/** What a Peer needs of a connection in order to send. */
class Connection extends EventTarget {
  connectionState = "new";
  iceConnectionState = "new";
  addTransceiver(what: string | MediaStreamTrack, { sendEncodings = [] }: RTCRtpTransceiverInit) {
    const kind = typeof what === "string" ? what : what.kind;
    const line: Line = { key: typeof what === "string" ? what : what.label, encodings: sendEncodings.map((one) => ({ ...one })) };
    if (sendEncodings.length) lines.push(line);
    return {
      sender: {
        track: null,
        getParameters: () => ({ encodings: line.encodings.map((one) => ({ ...one })) }),
        setParameters: ({ encodings }: RTCRtpSendParameters) => Promise.resolve(void (line.encodings = encodings)),
        replaceTrack: () => Promise.resolve(),
      },
      receiver: { track: { kind }, getSynchronizationSources: () => [] },
    };
  }
  close(): void {}
}

/** A seat whose camera is off, and what else it may send. */
class Devices {
  state = { camera: { on: false, track: null }, microphone: { track: null }, extras: [] as ExtraSource[] };
  private tell = () => {};
  subscribe(listener: () => void) {
    this.tell = listener;
    return () => undefined;
  }
  add(source: ExtraSource["source"]) {
    this.state.extras.push({ key: source, source, label: "", track: track("video", source) });
    this.tell();
  }
}

let devices: Devices, peer: Peer, told: string[];
const encodings = (key: string) => lines.find((line) => line.key === key)?.encodings ?? [];

beforeEach(() => {
  lines = [];
  vi.stubGlobal("RTCPeerConnection", Connection);
  for (const side of ["RTCRtpSender", "RTCRtpReceiver"]) vi.stubGlobal(side, { getCapabilities: () => null });
  devices = new Devices();
  told = [];
  const events = { onState: (state: string) => void told.push(state), onSilence: vi.fn(), onNegotiationNeeded: vi.fn() };
  peer = new Peer(devices as unknown as LocalMedia & { state: LocalState }, { slots: { audio: 1, video: 1 }, iceServers: [], fresh: false }, events, vi.fn());
});
afterEach(() => {
  peer.close();
  vi.unstubAllGlobals();
});

it("sends of a source that comes on a thin line the smallest size only, and seldom", () => {
  peer.setThin(true);
  devices.add("dermatoscope");
  expect(encodings("dermatoscope").map((one) => [one.active ?? true, one.maxFramerate])).toEqual([[false, undefined], [false, undefined], [true, thinFramerate]]);
});

it("sends a source that comes while another is examined without its largest size, and in full when it is looked at", async () => {
  peer.setFocus("camera");
  devices.add("dermatoscope");
  expect(encodings("dermatoscope").map((one) => one.active ?? true)).toEqual([false, true, true]);
  peer.setFocus("dermatoscope");
  await vi.waitFor(() => expect(encodings("dermatoscope").map((one) => one.active)).toEqual([true, true, true]));
});

it("lets a camera give way that is switched off just then", async () => {
  peer.setFocus("dermatoscope");
  await vi.waitFor(() => expect(encodings("video").map((one) => one.active)).toEqual([false, true, true]));
});

it("is as it was when the line is whole and nothing is examined any more, in whatever order", async () => {
  peer.setThin(true);
  peer.setFocus("dermatoscope");
  peer.setThin(false);
  peer.setFocus(null);
  await vi.waitFor(() => expect(encodings("video")).toEqual(cameraLayers.map((layer) => ({ ...layer, active: true }))));
});

it("leaves sound alone", async () => {
  const before = encodings("audio");
  peer.setThin(true);
  peer.setFocus("dermatoscope");
  await vi.waitFor(() => expect(encodings("video")[2]?.maxFramerate).toBe(thinFramerate));
  expect(encodings("audio")).toEqual(before);
});

it("tells of an outage once, though both of the connection's states tell of it", () => {
  const connection = peer.connection as unknown as Connection;
  const become = (change: Partial<Connection>) => {
    Object.assign(connection, change);
    for (const event of ["iceconnectionstatechange", "connectionstatechange"]) connection.dispatchEvent(new Event(event));
  };
  become({ iceConnectionState: "connected", connectionState: "connected" });
  become({ iceConnectionState: "disconnected" });
  become({ connectionState: "disconnected" });
  become({ iceConnectionState: "checking" });
  become({ iceConnectionState: "connected", connectionState: "connected" });
  expect(told).toEqual(["connected", "disconnected", "connected"]);
});
