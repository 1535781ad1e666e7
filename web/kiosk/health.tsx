/** One quiet line: network, camera, microphone, each with its word. Devices are counted, not opened, while nobody needs them. */
import { useEffect, useState } from "preact/hooks";
import { Camera, CameraOff, Mic, MicOff, TriangleAlert, Wifi, WifiOff } from "lucide";
import { Icon, type IconNode } from "../shared/ui";
import { deviceWord, type DeviceWord, type LineWord } from "./screen";
import { t } from "./words";

interface Devices {
  kinds: readonly string[] | null;
  camera: PermissionState | null;
  microphone: PermissionState | null;
}

async function permission(name: string): Promise<PermissionState | null> {
  try {
    return (await navigator.permissions.query({ name: name as PermissionName })).state;
  } catch {
    return null;
  }
}

function useDevices(): Devices {
  const [devices, setDevices] = useState<Devices>({ kinds: null, camera: null, microphone: null });
  useEffect(() => {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (!media) {
      setDevices({ kinds: [], camera: null, microphone: null });
      return;
    }
    const look = async () => {
      const [list, camera, microphone] = await Promise.all([media.enumerateDevices().catch(() => []), permission("camera"), permission("microphone")]);
      setDevices({ kinds: list.map((device) => device.kind), camera, microphone });
    };
    void look();
    media.addEventListener("devicechange", look);
    return () => media.removeEventListener("devicechange", look);
  }, []);
  return devices;
}

const lineWords = { good: "lineGood", fair: "lineFair", poor: "linePoor", lost: "lineLost" } as const;
const cameraWords = { ready: "cameraReady", missing: "cameraMissing", denied: "cameraDenied", unknown: "cameraUnknown" } as const;
const microphoneWords = { ready: "microphoneReady", missing: "microphoneMissing", denied: "microphoneDenied", unknown: "microphoneUnknown" } as const;

function Sign({ well, icon, children }: { well: boolean; icon: IconNode; children: string }) {
  return (
    <li class={`health__sign ${well ? "" : "health__sign--attention"}`}>
      <Icon of={icon} />
      {children}
    </li>
  );
}

const deviceWell = (word: DeviceWord) => word === "ready" || word === "unknown";

export function Health({ line }: { line: LineWord }) {
  const devices = useDevices();
  const camera = deviceWord(devices.kinds, "videoinput", devices.camera);
  const microphone = deviceWord(devices.kinds, "audioinput", devices.microphone);
  return (
    <ul class="health" aria-label={t("health")} data-testid="health">
      <Sign well={line === "good" || line === "fair"} icon={line === "lost" ? WifiOff : line === "poor" ? TriangleAlert : Wifi}>
        {t(lineWords[line])}
      </Sign>
      <Sign well={deviceWell(camera)} icon={deviceWell(camera) ? Camera : CameraOff}>
        {t(cameraWords[camera])}
      </Sign>
      <Sign well={deviceWell(microphone)} icon={deviceWell(microphone) ? Mic : MicOff}>
        {t(microphoneWords[microphone])}
      </Sign>
    </ul>
  );
}
