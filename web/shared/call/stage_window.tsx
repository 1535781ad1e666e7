/**
 * The pictures in a window of their own: floating over other programs (Document Picture-in-Picture), or on a second screen.
 * One and the same stage, rendered into the other window's document; the page keeps controls, drawer and questions.
 */
import type { ComponentChildren } from "preact";
import { render } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { Mic, MicOff, PictureInPicture2, Undo2, Video, VideoOff } from "lucide";
import { language } from "../i18n";
import { Button, EmptyState } from "../ui";
import type { CallController, CallState } from "./controller";
import { t } from "./words";

export type WindowKind = "floating" | "second";

export interface StageWindow {
  kind: WindowKind;
  window: Window;
  body: HTMLElement;
}

interface FloatingWindows {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}
const floatingWindows = () => (globalThis as { documentPictureInPicture?: FloatingWindows }).documentPictureInPicture;

export const canFloat = () => floatingWindows() !== undefined;

export function useStageWindow(): { away: StageWindow | null; open: (kind: WindowKind) => void; close: () => void } {
  const [away, setAway] = useState<StageWindow | null>(null);
  useEffect(() => {
    if (!away) return;
    const gone = () => setAway((now) => (now === away ? null : now));
    away.window.addEventListener("pagehide", gone);
    return () => {
      away.window.removeEventListener("pagehide", gone);
      away.window.close();
    };
  }, [away]);
  const open = (kind: WindowKind) => void openWindow(kind).then((window) => window && setAway({ kind, window, body: furnish(window) }));
  return { away, open, close: () => setAway(null) };
}

function openWindow(kind: WindowKind): Promise<Window | null> {
  const floating = floatingWindows();
  if (kind === "floating" && floating) return floating.requestWindow({ width: 480, height: 340 }).catch(() => null);
  return Promise.resolve(window.open("about:blank", "hoichan-stage", `popup,width=${screen.availWidth},height=${screen.availHeight}`));
}

/** An empty document becomes one of ours: language, theme, style sheets. */
function furnish({ document: there }: Window): HTMLElement {
  there.title = document.title;
  there.documentElement.lang = language();
  there.documentElement.dataset.theme = "dark";
  for (const sheet of document.querySelectorAll<HTMLElement>('link[rel="stylesheet"], style')) {
    const copy = there.importNode(sheet, true);
    if (copy instanceof HTMLLinkElement || "href" in copy) (copy as HTMLLinkElement).href = (sheet as HTMLLinkElement).href;
    there.head.append(copy);
  }
  there.body.replaceChildren();
  const body = there.body.appendChild(there.createElement("main"));
  body.className = "call call--window";
  return body;
}

/** Renders its children into the other window for as long as it stands. */
export function InWindow({ into, children }: { into: StageWindow; children: ComponentChildren }) {
  useLayoutEffect(() => render(<>{children}</>, into.body));
  useEffect(() => () => render(null, into.body), [into]);
  return null;
}

/** What one needs without going back to the page: be heard, be seen, and the way back. */
export function WindowBar({ call, state, onBack }: { call: CallController; state: CallState; onBack: () => void }) {
  const { camera, microphone } = state.local;
  return (
    <nav class="window__bar" aria-label={t("controls")}>
      <Button kind="plain" square icon={microphone.on ? Mic : MicOff} class={microphone.on ? "" : "window__off"} title={t(microphone.on ? "microphoneOff" : "microphoneOn")} onClick={() => void call.toggle("microphone")}>
        {t(microphone.on ? "microphoneOff" : "microphoneOn")}
      </Button>
      <Button kind="plain" square icon={camera.on ? Video : VideoOff} class={camera.on ? "" : "window__off"} title={t(camera.on ? "cameraOff" : "cameraOn")} onClick={() => void call.toggle("camera")}>
        {t(camera.on ? "cameraOff" : "cameraOn")}
      </Button>
      <Button kind="plain" icon={Undo2} onClick={onBack} data-testid="window-back">
        {t("bringBack")}
      </Button>
    </nav>
  );
}

/** Stands in the page where the pictures were. */
export function PicturesAway({ onBack }: { onBack: () => void }) {
  return (
    <div class="stage" data-testid="pictures-away">
      <EmptyState
        icon={PictureInPicture2}
        title={t("picturesAway")}
        action={
          <Button kind="secondary" icon={Undo2} onClick={onBack} data-testid="bring-back">
            {t("bringBack")}
          </Button>
        }
      >
        {t("picturesAwayText")}
      </EmptyState>
    </div>
  );
}
