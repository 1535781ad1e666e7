/** Asking a seat for one of its sources: one it offers, or any other on request. */
import { useState } from "preact/hooks";
import { Plus, Send } from "lucide";
import { common } from "../i18n";
import type * as P from "../protocol/messages";
import { isDoctor } from "../roles";
import { may, others, type Room } from "../session/room";
import { Button, Dialog, notify, SelectField } from "../ui";
import type { CallController } from "./controller";
import { sourceName } from "./names";
import { t } from "./seat_words";

const kinds: readonly P.Source[] = ["exam", "dermatoscope", "ultrasound", "document", "room", "stethoscope"];

interface AskProps {
  call: CallController;
  room: Room;
  onFailure: (error: unknown) => void;
}

/** Beside the sources that are there: those a seat offers, and any other on request. */
export function AskSource({ call, room, onFailure }: AskProps) {
  const [asking, setAsking] = useState(false);
  if (!may(room, "sources")) return null;
  const seats = others(room).filter((person) => isDoctor(person.role) || person.role === "kiosk");
  const ask = (person: P.Participant, source: P.Source) =>
    call.session
      .askSource(person.id, source, "start")
      .then(() => notify({ text: t("askSent", { source: sourceName(source), name: person.name }) }))
      .catch(onFailure);
  const offers = seats.flatMap((person) => (person.offers ?? []).map((offer) => ({ person, offer })));
  return (
    <>
      {offers.map(({ person, offer }) => (
        <Button key={`${person.id}/${offer.source}/${offer.label ?? ""}`} icon={Plus} onClick={() => void ask(person, offer.source)} data-testid="source-offer" data-source={offer.source}>
          {t("offered", { source: offer.label || sourceName(offer.source) })} · {person.name}
        </Button>
      ))}
      {seats.length > 0 && (
        <Button kind="quiet" icon={Plus} onClick={() => setAsking(true)} data-testid="source-ask">
          {t("ask")}
        </Button>
      )}
      {asking && <AskDialog seats={seats} onClose={() => setAsking(false)} onAsk={(person, source) => void ask(person, source)} />}
    </>
  );
}

function AskDialog({ seats, onClose, onAsk }: { seats: readonly P.Participant[]; onClose: () => void; onAsk: (person: P.Participant, source: P.Source) => void }) {
  const [who, setWho] = useState(seats.find((person) => person.role === "kiosk")?.id ?? seats[0]?.id ?? "");
  const [what, setWhat] = useState<P.Source>("exam");
  const send = () => {
    const person = seats.find((one) => one.id === who);
    if (person) onAsk(person, what);
    onClose();
  };
  return (
    <Dialog
      title={t("askTitle")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button kind="primary" icon={Send} onClick={send} data-testid="source-ask-send">
            {t("askSend")}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p>{t("askText")}</p>
        <SelectField label={t("askWho")} choices={seats.map((person) => ({ value: person.id, label: [person.name, person.place].filter(Boolean).join(" · ") }))} value={who} onChoose={setWho} />
        <SelectField label={t("askWhat")} choices={kinds.map((kind) => ({ value: kind, label: sourceName(kind) }))} value={what} onChoose={(kind) => setWhat(kind as P.Source)} data-testid="source-kind" />
      </div>
    </Dialog>
  );
}
