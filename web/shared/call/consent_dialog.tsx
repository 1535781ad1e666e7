/** One question of consent, asked of a person and, where a patient sits beside, of the patient. It has to be answered. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Check, X } from "lucide";
import { mine, type Room } from "../session/room";
import { Button, Dialog } from "../ui";
import { t } from "./words";

interface ConsentDialogProps {
  room: Room;
  title: string;
  /** Who asks, and for what. */
  children: ComponentChildren;
  /** What holds while nothing is answered. */
  meanwhile: string;
  yes?: string;
  testid: string;
  /** Says one voice's word. */
  onSay: (granted: boolean, forPatient: boolean) => Promise<unknown>;
  onFailure: (error: unknown) => void;
}

export function ConsentDialog({ room, title, children, meanwhile, yes = t("consentYes"), testid, onSay, onFailure }: ConsentDialogProps) {
  const [forPatient, setForPatient] = useState(false);
  const [busy, setBusy] = useState(false);
  const role = mine(room)?.role;
  const besidePatient = role === "doctor" || role === "kiosk";
  const answer = async (granted: boolean) => {
    setBusy(true);
    try {
      // The patient's word first: our own may be the last that is missing.
      if (granted && forPatient) await onSay(granted, true);
      await onSay(granted, false);
    } catch (error) {
      onFailure(error);
    }
    setBusy(false);
  };
  return (
    <Dialog
      title={title}
      modal={false}
      actions={
        <>
          <Button kind="secondary" icon={X} busy={busy} onClick={() => void answer(false)} data-testid={`${testid}-no`}>
            {t("consentNo")}
          </Button>
          <Button kind="primary" icon={Check} busy={busy} onClick={() => void answer(true)} data-testid={`${testid}-yes`}>
            {yes}
          </Button>
        </>
      }
    >
      <div class="stack">
        {children}
        {besidePatient && (
          <label class="row check">
            <input type="checkbox" checked={forPatient} onChange={(event) => setForPatient(event.currentTarget.checked)} />
            {t("consentPatient")}
          </label>
        )}
        <p class="small quiet-text">{meanwhile}</p>
      </div>
    </Dialog>
  );
}
