/** Asking a seat for one of its sources, and the question as the seat sees it. */
import { useEffect, useState } from "preact/hooks";
import { Plus, Send, X } from "lucide";
import { common } from "../i18n";
import type * as P from "../protocol/messages";
import { may, others, type Room } from "../session/room";
import { Button, Dialog, notify, SelectField } from "../ui";
import type { CallController, CallState } from "./controller";
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
  const seats = others(room).filter((person) => ["host", "specialist", "doctor", "kiosk"].includes(person.role));
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

interface AskedProps extends AskProps {
  state: CallState;
  /** The consult room's machine starts by itself what it has sent before. */
  byItself: boolean;
}

/** A request to this seat: what is stopped or started by itself is said, the rest is asked. */
export function SourceAsked({ call, state, room, byItself, onFailure }: AskedProps) {
  const [answered, setAnswered] = useState<P.SourceAsked | null>(null);
  const { asked } = room;
  const open = asked && asked !== answered ? asked : null;
  const by = room.participants.get(open?.by ?? "")?.name ?? "";
  const known = open ? call.seat.deviceFor(open.source) : null;
  const alone = open !== null && (open.action === "stop" || (byItself && known !== null));
  useEffect(() => {
    if (!open || !alone) return;
    setAnswered(open);
    const values = { name: by, source: sourceName(open.source) };
    if (open.action === "stop") {
      call.seat.stop(open.source);
      notify({ text: t("stopped", values) });
    } else if (known) {
      void call.seat.start(open.source, known, sourceName(open.source)).then((problem) => (problem ? call.session.declineSource(open.by, open.source).catch(onFailure) : notify({ text: t("started", values) })));
    }
  }, [open, alone]);
  if (!open || alone) return null;
  return <AskedDialog call={call} state={state} asked={open} by={by} known={known} onClose={() => setAnswered(open)} onFailure={onFailure} />;
}

interface AskedDialogProps {
  call: CallController;
  state: CallState;
  asked: P.SourceAsked;
  by: string;
  known: string | null;
  onClose: () => void;
  onFailure: (error: unknown) => void;
}

function AskedDialog({ call, state, asked, by, known, onClose, onFailure }: AskedDialogProps) {
  const [chosen, setChosen] = useState(known ?? "");
  const heard = asked.source === "stethoscope";
  const inUse = heard ? state.local.microphone.deviceId : state.local.camera.deviceId;
  const free = state.local.devices.filter((device) => device.kind === (heard ? "audioinput" : "videoinput") && device.deviceId !== inUse);
  const device = free.find((one) => one.deviceId === chosen) ?? free[0];
  const source = sourceName(asked.source);
  const decline = () => {
    onClose();
    void call.session.declineSource(asked.by, asked.source).catch(onFailure);
  };
  const send = async () => {
    if (!device) return;
    onClose();
    const problem = await call.seat.start(asked.source, device.deviceId, source);
    if (problem) decline();
  };
  return (
    <Dialog
      title={t("askedTitle", { name: by, source })}
      modal={false}
      data-testid="source-asked"
      actions={
        <>
          <Button icon={X} onClick={decline} data-testid="source-no">
            {t("askedNo")}
          </Button>
          <Button kind="primary" icon={Send} disabled={!device} onClick={() => void send()} data-testid="source-yes">
            {t("askedYes", { source })}
          </Button>
        </>
      }
    >
      {device ? (
        <div class="stack">
          <p>{t("askedText")}</p>
          <SelectField label={t("askedDevice")} choices={free.map((one, index) => ({ value: one.deviceId, label: one.label || String(index + 1) }))} value={device.deviceId} onChoose={setChosen} />
        </div>
      ) : (
        <p class="notice">{t("askedNone")}</p>
      )}
    </Dialog>
  );
}
