/** The first paper of a consultation: why it was asked for, and who the patient is. Fetched when it is to be read; for its doctors. */
import { useEffect, useState } from "preact/hooks";
import { X } from "lucide";
import { formatDay } from "../i18n";
import { isDoctor } from "../roles";
import { mine, type Room } from "../session/room";
import { Button } from "../ui";
import type { CallController } from "./controller";
import { t, type Word } from "./paper_words";

export interface Referral {
  title: string;
  reason?: string;
  at: string;
  patient?: { name: string; sex: string; birth_date?: string };
}

const sexes: Readonly<Record<string, Word>> = { female: "female", male: "male" };

/** Null while it is not here, and where there is none or it is not for us. */
export function useReferral(call: CallController, room: Room): Referral | null {
  const [referral, setReferral] = useState<Referral | null>(null);
  const mayRead = isDoctor(mine(room)?.role);
  useEffect(() => {
    let left = false;
    if (mayRead) void call.referral().then((found) => !left && setReferral(found), () => undefined);
    return () => void (left = true);
  }, [call, mayRead]);
  return referral && (referral.reason || referral.patient) ? referral : null;
}

export function ReferralView({ referral, onClose }: { referral: Referral; onClose: () => void }) {
  const { patient, reason } = referral;
  const about = [patient?.birth_date && formatDay(`${patient.birth_date}T00:00:00+07:00`), t(sexes[patient?.sex ?? ""] ?? "sexUnknown")];
  return (
    <article class="paper" aria-label={t("referral")} data-testid="paper-open" onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <header class="sheet__head">
        <span class="sheet__title">{t("referral")}</span>
        <Button kind="quiet" square icon={X} onClick={onClose}>
          {t("close")}
        </Button>
      </header>
      <div class="stack paper__text" tabIndex={0} role="region" aria-label={referral.title}>
        <h3>{referral.title}</h3>
        {patient && (
          <p>
            <strong>{patient.name}</strong>
            <span class="small quiet-text paper__line">{about.filter(Boolean).join(" · ")}</span>
          </p>
        )}
        <p class={reason ? "lines" : "quiet-text"}>{reason ?? t("noReason")}</p>
      </div>
    </article>
  );
}
