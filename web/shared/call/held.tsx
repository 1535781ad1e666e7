/** The server lets nobody in for now: what it says about that, and when this page asks again. */
import { RefreshCw } from "lucide";
import { common } from "../i18n";
import type { Held } from "../session/session";
import { secondsLeft } from "../time/countdown";
import { useNow } from "../time/now";
import { Button, Icon } from "../ui";
import { t } from "./words";

export function HeldPage({ held, onRetry }: { held: Held; onRetry: () => void }) {
  const seconds = secondsLeft(held.untilMs, useNow(250));
  return (
    <div class="state" role="status" data-testid="held" data-code={held.code}>
      <Icon of={RefreshCw} class="state__icon" />
      <h2>{t("held")}</h2>
      <p class="state__text">{held.message}</p>
      <p class="state__text">{held.action}</p>
      <p class="numbers" role="timer" aria-live="off" data-testid="held-countdown">
        {seconds > 0 ? t("heldRetryIn", { seconds }) : t("connecting")}
      </p>
      <Button kind="primary" onClick={onRetry}>
        {common("retry")}
      </Button>
    </div>
  );
}
