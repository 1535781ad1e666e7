/** Somebody asks this seat for one of its sources. */
import { useEffect, useState } from "preact/hooks";
import { Send, X } from "lucide";
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";
import { Button, Dialog, notify, SelectField } from "../ui";
import type { CallController, CallState } from "./controller";
import { sourceName } from "./names";
import { t } from "./seat_words";

interface AskedProps {
  call: CallController;
  state: CallState;
  room: Room;
  /** The consult room's machine starts by itself what it has sent before. */
  byItself: boolean;
  onFailure: (error: unknown) => void;
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
