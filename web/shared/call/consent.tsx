/**
 * The question before recording. Until it is answered nothing is recorded; meanwhile one still sees, hears, and may
 * leave instead.
 */
import type { Room } from "../session/room";
import { ConsentDialog } from "./consent_dialog";
import type { CallController } from "./controller";
import { t } from "./words";

/** Whoever has no word yet is asked, also one who comes while it is recorded. */
export function mustAnswer(room: Room): boolean {
  const { state, consents = [] } = room.recording;
  return (state === "asking" || state === "on") && consents.some((consent) => consent.participant === room.me && consent.granted === null);
}

export function ConsentQuestion({ call, room, onFailure }: { call: CallController; room: Room; onFailure: (error: unknown) => void }) {
  const asker = room.participants.get(room.recording.requested_by ?? "");
  const say = (granted: boolean, for_patient: boolean) => call.session.consent({ purpose: "record", granted, for_patient });
  return (
    <ConsentDialog room={room} title={t("consentTitle")} meanwhile={t("consentLater")} testid="consent" onSay={say} onFailure={onFailure}>
      {asker && <p>{t("consentBy", { name: asker.name })}</p>}
      <p>{t("consentWhat")}</p>
    </ConsentDialog>
  );
}
