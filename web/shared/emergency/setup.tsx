/** For whoever is going to be on call: hear the ring once, and let the system show notices. */
import { useState } from "preact/hooks";
import { Bell, Volume2 } from "lucide";
import { Button } from "../ui";
import { ring } from "../ui/ring";
import { t } from "./words";

const trialS = 3;

export function RingSetup() {
  const [permission, setPermission] = useState(() => ("Notification" in window ? Notification.permission : "denied"));
  const [ringing, setRinging] = useState(false);
  const tryIt = () => {
    const sound = ring(trialS, () => undefined);
    setRinging(true);
    setTimeout(() => {
      sound.stop();
      setRinging(false);
    }, trialS * 1000);
  };
  return (
    <div class="stack stack--tight">
      <p class="small quiet-text">{t("setup")}</p>
      <div class="row">
        <Button kind="secondary" icon={Volume2} busy={ringing} onClick={tryIt} data-testid="try-ring">
          {t("tryRing")}
        </Button>
        {permission === "default" && (
          <Button kind="secondary" icon={Bell} onClick={() => void Notification.requestPermission().then(setPermission)} data-testid="allow-notices">
            {t("allowNotice")}
          </Button>
        )}
      </div>
      {permission === "denied" && <p class="small quiet-text">{t("noticeRefused")}</p>}
    </div>
  );
}
