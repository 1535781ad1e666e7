/** The emergency call: asked once more against a slip, and then, over the call, who is called and how it stands. */
import { useEffect, useState } from "preact/hooks";
import { Phone, PhoneCall, RefreshCw, Siren, X } from "lucide";
import type { KioskEmergency } from "../shared/api";
import { Dialog, Icon } from "../shared/ui";
import { t } from "./emergency_words";
import { Big, useFirstFocus } from "./parts";

/** Once it is gone the focus is where it was: the dialog's own way back ends while the page behind cannot be focused yet. */
function useWayBack(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      requestAnimationFrame(() => opener instanceof HTMLElement && opener.focus());
    },
    [opener],
  );
}

export function EmergencyQuestion({ onCall, onClose }: { onCall: () => void; onClose: () => void }) {
  useFirstFocus(true);
  useWayBack();
  return (
    <Dialog
      title={t("question")}
      onClose={onClose}
      data-testid="emergency-question"
      actions={
        <>
          <Big icon={X} testId="emergency-no" onClick={onClose}>
            {t("no")}
          </Big>
          <Big kind="danger" icon={Siren} first testId="emergency-yes" onClick={onCall}>
            {t("yes")}
          </Big>
        </>
      }
    >
      <p>{t("questionText")}</p>
    </Dialog>
  );
}

type Person = KioskEmergency["people"][number];

function stateWord({ state, reachable }: Person): string {
  return state === "ringing" && !reachable ? t("unreachable") : t(state);
}

function People({ people }: { people: readonly Person[] }) {
  return (
    <ul class="calling__people">
      {people.map((person) => (
        <li key={person.name}>
          <strong>{person.name}</strong>
          <span>{[person.specialty, person.place].filter(Boolean).join(" · ")}</span>
          <span class={`calling__state calling__state--${person.state === "ringing" && !person.reachable ? "unreachable" : person.state}`}>{stateWord(person)}</span>
        </li>
      ))}
    </ul>
  );
}

/** It rings, and there is nobody left whom it could reach: the room has to know that at once. */
const unheard = (call: KioskEmergency) => call.state === "ringing" && call.heard === 0;

function titleOf(call: KioskEmergency): string {
  const coming = call.people.find((person) => person.state === "answered");
  if (call.state === "answered" && coming) return t("coming", { name: coming.name });
  if (call.state === "unanswered") return t("unanswered");
  if (unheard(call)) return t("unheard");
  return call.people.length > 0 ? t("calling") : t("nobody");
}

function more(call: KioskEmergency): string {
  if (call.state === "unanswered") return t("unansweredText");
  if (unheard(call)) return t("unheardText");
  if (call.state !== "ringing" || call.wave === 0) return "";
  return call.wave === 1 ? t("wave1") : t("wave2");
}

/** Until one of those called has come in. */
export function Calling({ call, phone, onAgain }: { call: KioskEmergency; phone: string | null | undefined; onAgain: () => void }) {
  if (call.arrived) return null;
  const text = more(call);
  return (
    <section class="calling" aria-label={t("call")} data-testid="calling" data-state={call.state}>
      <div role="status">
        <h2 class="calling__title">
          <Icon of={PhoneCall} />
          {titleOf(call)}
        </h2>
        {call.people.length > 0 && <People people={call.people} />}
        {text && <p>{text}</p>}
      </div>
      {call.state !== "answered" && (
        <p class="calling__phone numbers">
          <Icon of={Phone} />
          {phone ? t("phone", { phone }) : t("noPhone")}
        </p>
      )}
      {call.state === "unanswered" && (
        <Big kind="danger" icon={RefreshCw} testId="call-again" onClick={onAgain}>
          {t("again")}
        </Big>
      )}
    </section>
  );
}
