/** Lines above the pictures that nobody must miss: who talks apart, a seat held back, interpreter, stethoscope. */
import type { ComponentChildren } from "preact";
import { Captions, CaptionsOff, Languages, LogOut, MessagesSquare, Stethoscope, UserCheck } from "lucide";
import { captionsService, may, mine, others, type Room } from "../session/room";
import { Button, Icon, type IconNode } from "../ui";
import type { CallController, CallState } from "./controller";
import { t } from "./room_words";

interface NoticeProps {
  call: CallController;
  state: CallState;
  room: Room;
  onFailure: (error: unknown) => void;
}

function Line({ icon, text, testid, children }: { icon: IconNode; text: string; testid: string; children?: ComponentChildren }) {
  return (
    <div class="banner banner--attention" role="status" data-testid={testid}>
      <Icon of={icon} />
      <span>{text}</span>
      {children}
    </div>
  );
}

export function RoomNotices(props: NoticeProps) {
  return (
    <>
      <SideTalk {...props} />
      <Held {...props} />
      <Channel {...props} />
      <StethoscopeLine {...props} />
      <CaptionsOn {...props} />
    </>
  );
}

const nameOf = (room: Room, id: string) => room.participants.get(id)?.name ?? "";

function SideTalk({ call, room, onFailure }: NoticeProps) {
  if (room.side.length === 0) return null;
  const apart = room.side.includes(room.me);
  const names = room.side.filter((id) => id !== room.me).map((id) => nameOf(room, id)).join(", ");
  const mayStop = apart || mine(room)?.role === "host";
  return (
    <Line icon={MessagesSquare} text={t(apart ? "sideMine" : "sideOthers", { names })} testid="side-talk">
      {mayStop && (
        <Button onClick={() => void call.session.side("stop").catch(onFailure)} data-testid="side-stop">
          {t("sideStop")}
        </Button>
      )}
    </Line>
  );
}

function Held({ call, room, onFailure }: NoticeProps) {
  if (!mine(room)?.held) return null;
  const say = (answer: { granted: boolean; patient_left?: boolean }) => void call.session.consent({ purpose: "take-part", for_patient: true, ...answer }).catch(onFailure);
  return (
    <Line icon={LogOut} text={t("heldMine")} testid="held">
      <Button icon={UserCheck} onClick={() => say({ granted: true })}>
        {t("heldAgain")}
      </Button>
      <Button onClick={() => say({ granted: false, patient_left: true })} data-testid="patient-left">
        {t("patientLeft")}
      </Button>
    </Line>
  );
}

/** For the interpreter: whom they speak to. For the others: whether they listen. */
function Channel({ call, state, room }: NoticeProps) {
  const people = others(room);
  if (mine(room)?.role === "interpreter") {
    const apart = state.speaks === "interpreter";
    const count = people.filter((person) => person.listens === "interpreter").length;
    return (
      <Line icon={Languages} text={apart ? t("channelApart", { count }) : t("channelFloor")} testid="channel">
        <Button onClick={() => call.setChannel({ speaks: apart ? "floor" : "interpreter" })} data-testid="channel-speak">
          {t(apart ? "channelSpeakAll" : "channelSpeakApart")}
        </Button>
      </Line>
    );
  }
  const interpreters = people.filter((person) => person.speaks === "interpreter");
  if (interpreters.length === 0) return null;
  const listening = state.listens === "interpreter";
  const names = interpreters.map((person) => person.name).join(", ");
  return (
    <Line icon={Languages} text={listening ? t("channelListening") : t("channelOpen", { names })} testid="channel">
      <Button aria-pressed={listening} onClick={() => call.setChannel({ listens: listening ? "floor" : "interpreter" })} data-testid="channel-listen">
        {t(listening ? "channelOriginal" : "channelListen")}
      </Button>
    </Line>
  );
}

function StethoscopeLine({ call, state, room }: NoticeProps) {
  const seats = others(room).filter((person) => person.tracks.some((track) => track.source === "stethoscope"));
  const listened = seats.find((person) => person.id === state.stethoscope);
  if (listened) {
    return (
      <Line icon={Stethoscope} text={t("stethoscopeListening", { name: listened.name })} testid="stethoscope">
        <Button kind="primary" onClick={() => call.listenTo(null)} data-testid="stethoscope-stop">
          {t("stethoscopeStop")}
        </Button>
      </Line>
    );
  }
  return (
    <>
      {seats.map((person) => (
        <Line key={person.id} icon={Stethoscope} text={t("stethoscopeOffer", { name: person.name })} testid="stethoscope">
          <Button onClick={() => call.listenTo(person.id)} data-testid="stethoscope-listen">
            {t("stethoscopeListen")}
            <span class="visually-hidden">: {person.name}</span>
          </Button>
        </Line>
      ))}
    </>
  );
}

function CaptionsOn({ call, state, room, onFailure }: NoticeProps) {
  const service = captionsService(room);
  if (!service) return null;
  const { captions } = state;
  return (
    <Line icon={Captions} text={t("captionsOn", { name: service.name })} testid="captions-on">
      <Button onClick={() => call.setCaptions(!captions)} data-testid="captions-toggle">
        {t(captions ? "captionsHide" : "captionsShow")}
      </Button>
      {may(room, "remove") && (
        <Button icon={CaptionsOff} onClick={() => void call.session.moderate("remove", service.id).catch(onFailure)} data-testid="captions-stop">
          {t("captionsStop")}
        </Button>
      )}
    </Line>
  );
}
