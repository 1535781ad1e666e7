/** Who has signed, who is still to, and one's own hand. */
import { useState } from "preact/hooks";
import { CircleCheck, CircleDashed, PenLine, X } from "lucide";
import type { Minutes } from "../api";
import { common, formatDateTime } from "../i18n";
import { Button, Dialog, Icon, notify } from "../ui";
import type { MinutesDesk } from "./desk";
import { t } from "./words";

type Part = "chair" | "secretary";
const parts: readonly Part[] = ["chair", "secretary"];

export function Signing({ desk, minutes, typed }: { desk: MinutesDesk; minutes: Minutes; typed: boolean }) {
  const [asking, ask] = useState<Part | null>(null);
  if (minutes.state === "empty") return null;
  const missing = parts.filter((part) => minutes.text[part] && !minutes.signatures.some((signature) => signature.part === part));
  const mine = missing.find((part) => minutes.text[part] === minutes.me);
  const signedByMe = minutes.state === "locked" && minutes.signatures.some(({ participant }) => participant === minutes.me);
  const withdraw = async () => {
    if (await desk.withdraw()) notify({ text: t("withdrawn") });
  };
  return (
    <section class="stack stack--tight" data-testid="minutes-signing">
      <h3>{t("signatures")}</h3>
      {minutes.signatures.length === 0 && <p class="small quiet-text">{obstacle(minutes)}</p>}
      <ul class="list-plain">
        {minutes.signatures.map((signature) => (
          <li key={signature.part} class="minutes__line" data-testid="minutes-signature" data-part={signature.part}>
            <Icon of={CircleCheck} />
            <span>
              <strong>{signature.name}</strong> ({t(signature.part).toLowerCase()}) {t("signedAt", { time: formatDateTime(signature.at) })}, {t(signature.method === "account" ? "byAccount" : "byTicket")}
            </span>
          </li>
        ))}
        {minutes.signatures.length > 0 &&
          missing.map((part) => (
            <li key={part} class="minutes__line quiet-text">
              <Icon of={CircleDashed} />
              {t("waitingFor", { part: t(part).toLowerCase() })}
            </li>
          ))}
      </ul>
      <div class="row">
        {mine && !minutes.obstacle && (
          <Button kind="primary" icon={PenLine} busy={typed} onClick={() => ask(mine)} data-testid="minutes-sign">
            {t("sign", { part: t(mine).toLowerCase() })}
          </Button>
        )}
        {signedByMe && (
          <Button kind="quiet" icon={X} onClick={() => void withdraw()} data-testid="minutes-withdraw">
            {t("withdraw")}
          </Button>
        )}
      </div>
      {asking && <SignDialog desk={desk} part={asking} onClose={() => ask(null)} />}
    </section>
  );
}

function obstacle({ obstacle }: Minutes): string {
  if (obstacle === "not-ended") return t("notEnded");
  if (obstacle === "patient") return t("patientMissing");
  return obstacle === "recording" ? t("recordingPending") : t("signers");
}

function SignDialog({ desk, part, onClose }: { desk: MinutesDesk; part: Part; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const sign = async () => {
    setBusy(true);
    if (await desk.sign()) notify({ text: t("signed") });
    onClose();
  };
  return (
    <Dialog
      title={t("signTitle")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button kind="primary" icon={PenLine} busy={busy} onClick={() => void sign()} data-testid="minutes-sign-now">
            {t("signNow")}
          </Button>
        </>
      }
    >
      <p>{t("signText", { part: t(part).toLowerCase() })}</p>
    </Dialog>
  );
}
