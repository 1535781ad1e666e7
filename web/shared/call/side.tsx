/** Starting a talk apart: with whom, and what it means, said before it begins. */
import { useState } from "preact/hooks";
import { MessagesSquare } from "lucide";
import { common, roleName } from "../i18n";
import { isDoctor } from "../roles";
import { may, others, type Room } from "../session/room";
import { Button, Dialog } from "../ui";
import type { CallController } from "./controller";
import { t } from "./room_words";

interface SideProps {
  call: CallController;
  room: Room;
  onFailure: (error: unknown) => void;
}

export function SideTalkButton(props: SideProps) {
  const [asking, setAsking] = useState(false);
  if (!may(props.room, "side-talk") || props.room.side.length > 0) return null;
  return (
    <>
      <Button kind="secondary" icon={MessagesSquare} onClick={() => setAsking(true)} data-testid="side-open">
        {t("sideStart")}
      </Button>
      {asking && <SideTalkDialog {...props} onClose={() => setAsking(false)} />}
    </>
  );
}

function SideTalkDialog({ call, room, onFailure, onClose }: SideProps & { onClose: () => void }) {
  const doctors = others(room).filter((person) => isDoctor(person.role) && !person.away);
  const [chosen, setChosen] = useState<readonly string[]>(doctors.map((person) => person.id));
  const choose = (id: string, on: boolean) => setChosen(on ? [...chosen, id] : chosen.filter((one) => one !== id));
  const start = () => {
    onClose();
    void call.session.side("start", chosen).catch(onFailure);
  };
  return (
    <Dialog
      title={t("sideTitle")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button kind="primary" icon={MessagesSquare} disabled={chosen.length === 0} onClick={start} data-testid="side-start">
            {t("sideStart")}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p>{t("sideText")}</p>
        {doctors.length === 0 ? (
          <p class="notice">{t("sideNobody")}</p>
        ) : (
          <fieldset class="stack">
            <legend>{t("sideWith")}</legend>
            {doctors.map((person) => (
              <label key={person.id} class="row check">
                <input type="checkbox" checked={chosen.includes(person.id)} onChange={(event) => choose(person.id, event.currentTarget.checked)} />
                {person.name}
                <span class="quiet-text"> · {[roleName(person.role), person.place].filter(Boolean).join(" · ")}</span>
              </label>
            ))}
          </fieldset>
        )}
      </div>
    </Dialog>
  );
}
