/**
 * The consult room's machine: pairing, then idle, check, help and call. It never needs a hand to get back to idle, and
 * a restart in the middle of a call goes straight back into it.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { CloudOff } from "lucide";
import { kioskApi, type KioskTicket, type KioskView } from "../shared/api";
import { forget } from "../shared/call/memory";
import { warmUp } from "../shared/call/warm";
import { useLanguage } from "../shared/i18n";
import type { End } from "../shared/session/session";
import { minutesSeconds, secondsLeft } from "../shared/time/countdown";
import { useNow } from "../shared/time/now";
import { Announcer, forgetNotices, Icon, LoadingState, notify } from "../shared/ui";
import { later } from "../shared/ui/later";
import { RoomCheck } from "./check";
import { Calling, EmergencyQuestion } from "./emergency";
import { useHouse, type House } from "./house";
import { Idle } from "./idle";
import { keepToken, keptToken } from "./keep";
import { endedPage, firstPage, nobodyCalledPage, refusedPage, type InCall, type Page } from "./pages";
import { Dusk } from "./parts";
import { RingPage, useWordOfWaiting } from "./ring_page";
import { useRung } from "./rung";
import { isDim } from "./screen";
import { Help, Trouble } from "./trouble";
import { t } from "./words";

export function Kiosk() {
  useLanguage();
  const [token, setToken] = useState(keptToken);
  const [unpaired, setUnpaired] = useState(false);
  const paired = (fresh: string) => {
    keepToken(fresh);
    setUnpaired(false);
    setToken(fresh);
  };
  const lost = () => {
    keepToken(null);
    forget();
    setUnpaired(true);
    setToken(null);
  };
  return (
    <>
      <Announcer />
      <Dusk />
      {token ? <Paired key={token} token={token} onUnpaired={lost} /> : <PairingPage unpaired={unpaired} onPaired={paired} />}
    </>
  );
}

const callPage = () => import("./call_page");
/** Once in a machine's life. */
const PairingPage = later(() => import("./pairing").then((page) => page.PairingPage));
const CallPage = later(() => callPage().then((page) => page.CallPage));
/** The call's part of the page is fetched when the first page stands, long before somebody presses the button. */
const callPageAfterMs = 3000;

function useCallPageFetched(): void {
  useEffect(() => {
    const timer = setTimeout(() => void callPage().catch(() => undefined), callPageAfterMs);
    return () => clearTimeout(timer);
  }, []);
}

function useLastTouch(): { current: number } {
  const last = useRef(Date.now());
  useEffect(() => {
    const touched = () => (last.current = Date.now());
    const signs = ["pointerdown", "pointermove", "keydown"] as const;
    for (const sign of signs) addEventListener(sign, touched, { passive: true });
    return () => {
      for (const sign of signs) removeEventListener(sign, touched);
    };
  }, []);
  return last;
}

/** At night, while nobody is at the idle page. */
function useDimmed(dim: boolean): void {
  useEffect(() => {
    document.documentElement.classList.toggle("dim", dim);
  }, [dim]);
}

interface Going {
  token: string;
  house: House;
  page: Page;
  setPage: (page: Page) => void;
}

/** The ways into a call. While one is taken, no other is. */
function useWaysIn({ token, house, page, setPage }: Going) {
  const enter = async (ask: () => Promise<{ given: KioskTicket; consultation: string }>, failed: (error: unknown) => Page) => {
    if (page.name === "joining") return;
    setPage({ name: "joining" });
    try {
      warmUp(); // the socket opens while the ticket is asked for
      const { given, consultation } = await ask();
      setPage({ name: "call", ticket: given.ticket, memory: null, consultation, iceServers: given.ice_servers });
    } catch (error) {
      setPage(failed(error));
    }
  };
  const join = (consultation: string) => void enter(async () => ({ given: await kioskApi(token).ticket(consultation), consultation }), refusedPage);
  /** `key` is this press's: when its answer was lost, asking again makes no second call. */
  const callEmergency = (key: string): void => {
    const ask = async () => {
      const given = await kioskApi(token).callEmergency(key);
      house.retry();
      return { given, consultation: given.emergency.consultation_id };
    };
    void enter(ask, (error) => nobodyCalledPage(error, () => callEmergency(key)));
  };
  return { join, callEmergency };
}

const endWord = { ended: "callEnded", left: "callLeft", removed: "callRemoved", withdrawn: "callWithdrawn", replaced: "callReplaced", shutdown: "callEnded" } as const;

/** The way out of a call: `left`, when the room knows who is in it. */
function useWayOut({ token, house, setPage }: Going, left: (consultation: string) => void) {
  return (end: End, consultation: string | undefined) => {
    forget();
    forgetNotices();
    if (consultation && end.reason !== "error") left(consultation);
    const call = house.view?.emergency;
    if (call && !call.arrived && end.reason === "left") void kioskApi(token).hangUp(call.id).catch(() => undefined).finally(house.retry);
    if (end.reason === "error") {
      setPage(endedPage(end));
      return;
    }
    notify({ text: t(endWord[end.reason]) });
    setPage({ name: "idle" });
  };
}

interface RunningProps {
  token: string;
  house: House;
  page: InCall;
  onEnd: (end: End, consultation: string | undefined) => void;
}

function Running({ token, house, page, onEnd }: RunningProps) {
  const call = house.view?.emergency;
  const again = () => void kioskApi(token).callEmergency(crypto.randomUUID()).catch(() => undefined).finally(house.retry);
  return (
    <>
      <CallPage key={page.ticket} ticket={page.ticket} memory={page.memory} iceServers={page.iceServers} onEnd={onEnd} />
      {call && <Calling call={call} phone={house.view?.emergency_phone} onAgain={again} />}
    </>
  );
}

/** Away for longer than this, the server's absence fills the screen; before, one line tells of it. */
const failuresUntilCard = 3;
const isAway = (house: House) => house.failures >= failuresUntilCard;
const untilNextTry = (house: House, localMs: number) => minutesSeconds(secondsLeft(house.nextTryMs, localMs));

function ServerAway({ house, localMs }: { house: House; localMs: number }) {
  const words = { title: t("serverTitle"), doing: t("serverDoing", { time: untilNextTry(house, localMs) }), can: t("serverDo"), code: "K1" };
  return <Trouble words={words} phone={house.view?.help_phone} onRetry={house.retry} />;
}

interface WaitingProps {
  house: House;
  view: KioskView;
  localMs: number;
  asking: string | null;
  setAsking: (key: string | null) => void;
  setPage: (page: Page) => void;
  onJoin: (consultation: string) => void;
  onEmergency: (key: string) => void;
}

/** The idle page, with what is asked over it. */
function Waiting({ house, view, localMs, asking, setAsking, setPage, onJoin, onEmergency }: WaitingProps) {
  const notice = house.failures > 0 && (
    <p class="notice notice--attention" role="status">
      <Icon of={CloudOff} />
      {t("serverShort")} ({untilNextTry(house, localMs)})
    </p>
  );
  return (
    <>
      <Idle
        view={view}
        nowMs={localMs + house.offsetMs}
        line={house.line}
        notice={notice}
        onJoin={(consultation) => onJoin(consultation.id)}
        onCheck={() => setPage({ name: "check" })}
        onHelp={() => setPage({ name: "help" })}
        onEmergency={() => setAsking(crypto.randomUUID())}
      />
      {asking !== null && <EmergencyQuestion onCall={() => onEmergency(asking)} onClose={() => setAsking(null)} />}
    </>
  );
}

function Paired({ token, onUnpaired }: { token: string; onUnpaired: () => void }) {
  const [page, setPage] = useState(firstPage);
  const [asking, setAsking] = useState<string | null>(null);
  const house = useHouse(token, onUnpaired);
  const lastTouch = useLastTouch();
  const local = useNow(500);
  const now = local + house.offsetMs;
  const { view } = house;
  const busy = page.name === "call" || page.name === "joining" || asking !== null;
  const rung = useRung(view?.rings ?? [], now, !busy && !isAway(house));
  const going: Going = { token, house, page, setPage };
  const { join, callEmergency } = useWaysIn(going);
  const over = useWayOut(going, rung.left);
  const idle = () => setPage({ name: "idle" });
  useDimmed(page.name === "idle" && !rung.call && isDim(now, lastTouch.current + house.offsetMs, view?.next ? Date.parse(view.next.starts_at) : null));
  useCallPageFetched();
  // The house tells for some seconds yet of the consultation that was just answered.
  useWordOfWaiting(page.name === "call" && rung.news?.consultation_id !== page.consultation ? rung.news : null);

  if (page.name === "call") return <Running token={token} house={house} page={page} onEnd={over} />;
  if (rung.call) {
    const { consultation_id: id } = rung.call;
    const putOff = () => {
      rung.putOff();
      idle();
    };
    return <RingPage key={id} call={rung.call} nowMs={now} untilMs={rung.untilMs} onAnswer={() => join(id)} onLater={putOff} />;
  }
  if (page.name === "check") return <RoomCheck onBack={idle} />;
  if (page.name === "help") return <Help phone={view?.help_phone} machine={view?.kiosk.id ?? "–"} onBack={idle} />;
  if (page.name === "trouble")
    return <Trouble words={page.words} phone={page.again ? view?.emergency_phone : view?.help_phone} untilMs={page.untilMs} onRetry={page.again} onBack={idle} />;
  if (isAway(house) || (house.failures > 0 && !view)) return <ServerAway house={house} localMs={local} />;
  if (!view) return <LoadingState>{t("loading")}</LoadingState>;
  if (page.name === "joining") return <LoadingState>{t("joining")}</LoadingState>;
  const help = (key: string) => {
    setAsking(null);
    callEmergency(key);
  };
  return <Waiting house={house} view={view} localMs={local} asking={asking} setAsking={setAsking} setPage={setPage} onJoin={join} onEmergency={help} />;
}
