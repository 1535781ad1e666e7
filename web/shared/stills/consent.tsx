/** The question before the first photograph: asked once per person, answered for the patient beside too. */
import { ConsentDialog } from "../call/consent_dialog";
import { sourceName } from "../call/names";
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";
import type { Stills } from "./stills";
import { t } from "./words";

interface Props {
  stills: Stills;
  still: P.Still;
  room: Room;
  onFailure: (error: unknown) => void;
}

export function PhotographQuestion({ stills, still, room, onFailure }: Props) {
  const say = (granted: boolean, forPatient: boolean) => stills.consent(granted, forPatient);
  return (
    <ConsentDialog room={room} title={t("consentTitle")} meanwhile={t("consentLater")} yes={t("consentYes")} testid="photograph" onSay={say} onFailure={onFailure}>
      <p>{t("consentBy", { name: room.participants.get(still.by ?? "")?.name ?? "", source: sourceName(still.source) })}</p>
      <p>{t("consentWhat")}</p>
    </ConsentDialog>
  );
}
