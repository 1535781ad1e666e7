/**
 * The question before recording. Until it is answered nothing is recorded; meanwhile one still sees, hears, and may
 * leave instead.
 */
import { useState } from "preact/hooks";
import { Check, X } from "lucide";
import { mine, type Room } from "../session/room";
import { Button, Dialog } from "../ui";
import type { CallController } from "./controller";
import { t } from "./words";

/** Whoever has no word yet is asked, also one who comes while it is recorded. */
export function mustAnswer(room: Room): boolean {
  const { state, consents = [] } = room.recording;
  return (state === "asking" || state === "on") && consents.some((consent) => consent.participant === room.me && consent.granted === null);
}

export function ConsentQuestion({ call, room, onFailure }: { call: CallController; room: Room; onFailure: (error: unknown) => void }) {
  const [forPatient, setForPatient] = useState(false);
  const [busy, setBusy] = useState(false);
  const asker = room.participants.get(room.recording.requested_by ?? "");
  const role = mine(room)?.role;
  const besidePatient = role === "doctor" || role === "kiosk";
  const answer = async (granted: boolean) => {
    setBusy(true);
    try {
      // The patient's word first: our own may be the last that is missing, and then recording begins.
      if (granted && forPatient) await call.session.consent({ purpose: "record", granted, for_patient: true });
      await call.session.consent({ purpose: "record", granted });
    } catch (error) {
      onFailure(error);
    }
    setBusy(false);
  };
  return (
    <Dialog
      title={t("consentTitle")}
      modal={false}
      actions={
        <>
          <Button kind="secondary" icon={X} busy={busy} onClick={() => void answer(false)} data-testid="consent-no">
            {t("consentNo")}
          </Button>
          <Button kind="primary" icon={Check} busy={busy} onClick={() => void answer(true)} data-testid="consent-yes">
            {t("consentYes")}
          </Button>
        </>
      }
    >
      <div class="stack">
        {asker && <p>{t("consentBy", { name: asker.name })}</p>}
        <p>{t("consentWhat")}</p>
        {besidePatient && (
          <label class="row check">
            <input type="checkbox" checked={forPatient} onChange={(event) => setForPatient(event.currentTarget.checked)} />
            {t("consentPatient")}
          </label>
        )}
        <p class="small quiet-text">{t("consentLater")}</p>
      </div>
    </Dialog>
  );
}
