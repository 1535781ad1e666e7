/** What keeps camera or microphone from working, and what to press in the browser at hand: in words and in a picture. */
import { TriangleAlert } from "lucide";
import { common } from "../shared/i18n";
import type { LocalMedia } from "../shared/media/local";
import { browserOf, type Problem } from "../shared/media/problems";
import { Button, Icon } from "../shared/ui";
import { PermissionPicture } from "./permission_picture";
import { t, type Word } from "./words";

const problemWords: Readonly<Record<Problem, Word>> = { denied: "denied", "denied-by-system": "deniedBySystem", missing: "missing", busy: "busy", insecure: "insecure", failed: "failed" };
const howWords = { chromium: "howChromium", firefox: "howFirefox", safari: "howSafari", ios: "howIos", other: "howOther" } as const;

export function Trouble({ local }: { local: LocalMedia }) {
  const { camera, microphone } = local.state;
  const problem = camera.problem ?? microphone.problem;
  if (!problem) return null;
  const device = t(camera.problem && microphone.problem ? "theBoth" : camera.problem ? "theCamera" : "theMicrophone");
  const browser = browserOf(navigator.userAgent);
  return (
    <div class="notice notice--attention" role="alert" data-testid="device-problem" data-problem={problem}>
      <Icon of={TriangleAlert} />
      <div class="stack prejoin__trouble">
        <strong>{t("problemTitle", { device })}</strong>
        <p>{sentence(t(problemWords[problem], { device }))}</p>
        {problem === "denied" && (
          <div class="how">
            <p>{t(howWords[browser])}</p>
            <PermissionPicture browser={browser} />
          </div>
        )}
        <p>{t("stillJoin")}</p>
        <Button kind="secondary" onClick={() => void local.retry()}>
          {common("retry")}
        </Button>
      </div>
    </div>
  );
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
