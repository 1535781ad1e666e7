/**
 * The consult room's machine: pairing, then idle, check, help and call. It never needs a hand to get back to idle, and
 * a restart in the middle of a call goes straight back into it.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { CloudOff } from "lucide";
import { ApiError, kioskApi, type IceServer } from "../shared/api";
import { forget, remembered } from "../shared/call/memory";
import { warmUp } from "../shared/call/warm";
import { useLanguage } from "../shared/i18n";
import type { Memory } from "../shared/session/ports";
import type { End } from "../shared/session/session";
import { minutesSeconds, secondsLeft } from "../shared/time/countdown";
import { useNow } from "../shared/time/now";
import { Announcer, forgetNotices, Icon, LoadingState, notify } from "../shared/ui";
import { later } from "../shared/ui/later";
import { RoomCheck } from "./check";
import { Calling, EmergencyQuestion } from "./emergency";
import { t as emergency } from "./emergency_words";
import { useHouse } from "./house";
import { Idle } from "./idle";
import { keepToken, keptToken } from "./keep";
import { Dusk } from "./parts";
import { RingPage, useWordOfWaiting } from "./ring_page";
import { useRung } from "./rung";
import { isDim } from "./screen";
import { Help, Trouble, type TroubleWords } from "./trouble";
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

type Page =
  | { name: "idle" | "check" | "help" | "joining" }
  | { name: "call"; ticket: string; memory: Memory | null; consultation?: string; iceServers?: readonly IceServer[] | undefined }
  | { name: "trouble"; words: TroubleWords; untilMs: number; again?: () => void };

const callPage = () => import("./call_page");
/** Once in a machine's life. */
const PairingPage = later(() => import("./pairing").then((page) => page.PairingPage));
const CallPage = later(() => callPage().then((page) => page.CallPage));
/** The call's part of the page is fetched when the first page stands, long before somebody presses the button. */
const callPageAfterMs = 3000;

const troubleStaysMs = 30_000;
/** Away for longer than this, the server's absence fills the screen; before, one line tells of it. */
const failuresUntilCard = 3;

function firstPage(): Page {
  const memory = remembered();
  return memory ? { name: "call", ticket: memory.ticket, memory } : { name: "idle" };
}

const endWord = { ended: "callEnded", left: "callLeft", removed: "callRemoved", withdrawn: "callWithdrawn", replaced: "callReplaced", shutdown: "callEnded" } as const;

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

function Paired({ token, onUnpaired }: { token: string; onUnpaired: () => void }) {
  const [page, setPage] = useState(firstPage);
  const [asking, setAsking] = useState<string | null>(null);
  const house = useHouse(token, onUnpaired);
  const lastTouch = useLastTouch();
  const local = useNow(500);
  const now = local + house.offsetMs;
  const idle = () => setPage({ name: "idle" });
  const phone = house.view?.help_phone;
  const next = house.view?.next;
  const away = house.failures >= failuresUntilCard;
  const busy = page.name === "call" || page.name === "joining" || asking !== null;
  const rung = useRung(house.view?.rings ?? [], now, !busy && !away);
  const dim = page.name === "idle" && !rung.call && isDim(now, lastTouch.current + house.offsetMs, next ? Date.parse(next.starts_at) : null);
  useEffect(() => {
    document.documentElement.classList.toggle("dim", dim);
  }, [dim]);
  useEffect(() => {
    const timer = setTimeout(() => void callPage().catch(() => undefined), callPageAfterMs);
    return () => clearTimeout(timer);
  }, []);

  // The house tells for some seconds yet of the consultation that was just answered.
  useWordOfWaiting(page.name === "call" && rung.news?.consultation_id !== page.consultation ? rung.news : null);

  const join = async (consultation: string) => {
    if (page.name === "joining") return;
    setPage({ name: "joining" });
    try {
      warmUp(); // the socket opens while the ticket is asked for
      const { ticket, ice_servers: iceServers } = await kioskApi(token).ticket(consultation);
      setPage({ name: "call", ticket, memory: null, consultation, iceServers });
    } catch (error) {
      const refused = error instanceof ApiError ? error : null;
      const words = { title: t("refusedTitle"), doing: refused?.message ?? t("refusedDoing"), can: refused?.action || t("refusedDo"), code: `K2-${refused?.code ?? "0"}` };
      setPage({ name: "trouble", words, untilMs: Date.now() + troubleStaysMs });
    }
  };
  /** `key` is this press's: when its answer was lost, asking again makes no second call. */
  const callEmergency = async (key: string) => {
    if (page.name === "joining") return;
    setAsking(null);
    setPage({ name: "joining" });
    try {
      warmUp();
      const { ticket, ice_servers: iceServers, emergency: call } = await kioskApi(token).callEmergency(key);
      house.retry();
      setPage({ name: "call", ticket, memory: null, consultation: call.consultation_id, iceServers });
    } catch (error) {
      const refused = error instanceof ApiError ? error : null;
      const words = { title: emergency("failedTitle"), doing: refused?.message ?? emergency("failedDoing"), can: emergency("failedDo"), code: `K4-${refused?.code ?? "0"}` };
      setPage({ name: "trouble", words, untilMs: Date.now() + troubleStaysMs, again: () => void callEmergency(key) });
    }
  };
  const over = (end: End, consultation: string | undefined) => {
    forget();
    forgetNotices();
    if (consultation && end.reason !== "error") rung.left(consultation);
    const call = house.view?.emergency;
    if (call && !call.arrived && end.reason === "left") void kioskApi(token).hangUp(call.id).catch(() => undefined).finally(house.retry);
    if (end.reason !== "error") {
      notify({ text: t(endWord[end.reason]) });
      idle();
      return;
    }
    const words = { title: t("callTitle"), doing: end.message ?? t("callDoing"), can: end.action || t("refusedDo"), code: `K3-${end.code ?? "0"}` };
    setPage({ name: "trouble", words, untilMs: Date.now() + troubleStaysMs });
  };

  if (page.name === "call") {
    const call = house.view?.emergency;
    const again = () => void kioskApi(token).callEmergency(crypto.randomUUID()).catch(() => undefined).finally(house.retry);
    return (
      <>
        <CallPage key={page.ticket} ticket={page.ticket} memory={page.memory} iceServers={page.iceServers} onEnd={over} />
        {call && <Calling call={call} phone={house.view?.emergency_phone} onAgain={again} />}
      </>
    );
  }
  if (rung.call) {
    const { consultation_id: id } = rung.call;
    const later = () => {
      rung.putOff();
      idle();
    };
    return <RingPage key={id} call={rung.call} nowMs={now} untilMs={rung.untilMs} onAnswer={() => void join(id)} onLater={later} />;
  }
  if (page.name === "check") return <RoomCheck onBack={idle} />;
  if (page.name === "help") return <Help phone={phone} machine={house.view?.kiosk.id ?? "–"} onBack={idle} />;
  if (page.name === "trouble")
    return <Trouble words={page.words} phone={page.again ? house.view?.emergency_phone : phone} untilMs={page.untilMs} onRetry={page.again} onBack={idle} />;
  const wait = minutesSeconds(secondsLeft(house.nextTryMs, local));
  if (away || (house.failures > 0 && !house.view)) {
    const words = { title: t("serverTitle"), doing: t("serverDoing", { time: wait }), can: t("serverDo"), code: "K1" };
    return <Trouble words={words} phone={phone} onRetry={house.retry} />;
  }
  if (!house.view) return <LoadingState>{t("loading")}</LoadingState>;
  if (page.name === "joining") return <LoadingState>{t("joining")}</LoadingState>;
  const notice = house.failures > 0 && (
    <p class="notice notice--attention" role="status">
      <Icon of={CloudOff} />
      {t("serverShort")} ({wait})
    </p>
  );
  return (
    <>
      <Idle
        view={house.view}
        nowMs={now}
        line={house.line}
        notice={notice}
        onJoin={(consultation) => void join(consultation.id)}
        onCheck={() => setPage({ name: "check" })}
        onHelp={() => setPage({ name: "help" })}
        onEmergency={() => setAsking(crypto.randomUUID())}
      />
      {asking !== null && <EmergencyQuestion onCall={() => void callEmergency(asking)} onClose={() => setAsking(null)} />}
    </>
  );
}
