/** The question before the first photograph: asked once per person, answered for the patient beside too. */
import { useState } from "preact/hooks";
import { Check, X } from "lucide";
import { sourceName } from "../call/names";
import type * as P from "../protocol/messages";
import { mine, type Room } from "../session/room";
import { Button, Dialog } from "../ui";
import type { Stills } from "./stills";
import { t } from "./words";

interface Props {
  stills: Stills;
  still: P.Still;
  room: Room;
  onFailure: (error: unknown) => void;
}

export function PhotographQuestion({ stills, still, room, onFailure }: Props) {
  const [forPatient, setForPatient] = useState(false);
  const [busy, setBusy] = useState(false);
  const role = mine(room)?.role;
  const besidePatient = role === "doctor" || role === "kiosk";
  const answer = async (granted: boolean) => {
    setBusy(true);
    try {
      // The patient's word first: our own lets the camera go.
      if (granted && forPatient) await stills.consent(true, true);
      await stills.consent(granted);
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
          <Button kind="secondary" icon={X} busy={busy} onClick={() => void answer(false)} data-testid="photograph-no">
            {t("consentNo")}
          </Button>
          <Button kind="primary" icon={Check} busy={busy} onClick={() => void answer(true)} data-testid="photograph-yes">
            {t("consentYes")}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p>{t("consentBy", { name: room.participants.get(still.by ?? "")?.name ?? "", source: sourceName(still.source) })}</p>
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
