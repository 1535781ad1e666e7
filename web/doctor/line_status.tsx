/** The line in one sentence, and all of it on request: each way tried, what it carries, and what to ask the network's keeper. */
import { useEffect, useReducer, useState } from "preact/hooks";
import { Check, CircleHelp, Copy, RefreshCw, Signal, SignalLow, SignalMedium, WifiOff, X } from "lucide";
import type { IceServer } from "../shared/api/types";
import { formatNumber } from "../shared/i18n";
import type { Bandwidth } from "../shared/line/bandwidth";
import type { Rung, Way } from "../shared/line/ladder";
import { carries, type LineQuality, type LineState, measureLine, unmeasured, wayTaken } from "../shared/line/line";
import { Button, Dialog, Icon, type IconNode, notify } from "../shared/ui";
import { type LineWord, t } from "./line_words";

interface LineStatusProps {
  ticket: string;
  iceServers: readonly IceServer[];
  /** The page is whole: nothing of its own is on the line any more. */
  loaded: Promise<unknown>;
  onMeasured: (line: LineState) => void;
}

export function LineStatus({ ticket, iceServers, loaded, onMeasured }: LineStatusProps) {
  const [line, again] = useLine(ticket, iceServers, loaded);
  useEffect(() => onMeasured(line), [line]);
  const [open, setOpen] = useState(false);
  const weak = line.done && line.quality !== "good" && line.quality !== "unknown";
  return (
    <div class="line" data-testid="line" data-quality={line.done ? line.quality : "measuring"}>
      <p role="status" class={`line__word ${weak ? "line__word--weak" : ""}`}>
        <Icon of={line.done ? icons[line.quality] : Signal} />
        <span>{sentence(line)}</span>
      </p>
      <p class="line__rates small quiet-text numbers">{line.bandwidth && t("rates", { down: rate(line.bandwidth.down), up: rate(line.bandwidth.up) })}</p>
      <Button kind="quiet" class="line__details" onClick={() => setOpen(true)} data-testid="line-details">
        {t("details")}
      </Button>
      {open && <LineDetails line={line} onAgain={again} onClose={() => setOpen(false)} />}
    </div>
  );
}

function useLine(ticket: string, iceServers: readonly IceServer[], loaded: Promise<unknown>): [LineState, () => void] {
  const [line, setLine] = useState(unmeasured);
  const [round, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const stop = new AbortController();
    setLine(unmeasured);
    void measureLine(ticket, iceServers, loaded, setLine, stop.signal);
    return () => stop.abort();
    // The same servers come with fresh credentials each time the page asks who is here: that is no other line.
  }, [ticket, round]);
  return [line, () => again(undefined)];
}

const icons: Readonly<Record<LineQuality, IconNode>> = { good: Signal, fair: SignalMedium, poor: SignalLow, blocked: WifiOff, unknown: CircleHelp };
const wayWords: Readonly<Record<Way, LineWord>> = { udp: "udp", tcp: "tcp", "turn-udp": "turnUdp", "turn-tcp": "turnTcp", "turn-tls": "turnTls" };
const wayFor: Readonly<Record<Way, LineWord>> = { udp: "udpFor", tcp: "tcpFor", "turn-udp": "turnFor", "turn-tcp": "turnFor", "turn-tls": "turnFor" };

function sentence(line: LineState): string {
  if (!line.done) return t("checking");
  const way = wayTaken(line.rungs)?.way;
  if (line.quality === "good" && way && way !== "udp") return t("notUdp", { way: t(wayWords[way]) });
  return line.quality === "good" && way ? `${t("good")} (${t(wayWords[way])})` : t(line.quality);
}

/** kbit/s beyond which a figure from a short transfer means nothing, and matters to nobody. */
const plenty = 20_000;

function rate(kbps: number | null): string {
  if (kbps === null) return t("noRate");
  if (kbps > plenty) return t("plenty", { rate: formatNumber(plenty / 1000) });
  return kbps < 1000 ? t("kbps", { rate: formatNumber(kbps) }) : t("mbps", { rate: formatNumber(kbps / 1000, kbps < 10_000 ? 1 : 0) });
}

function LineDetails({ line, onAgain, onClose }: { line: LineState; onAgain: () => void; onClose: () => void }) {
  const blocked = line.rungs.filter((rung) => rung.state === "blocked");
  return (
    <Dialog
      title={t("title")}
      onClose={onClose}
      data-testid="line-dialog"
      actions={
        <Button kind="secondary" icon={RefreshCw} busy={!line.done} onClick={onAgain} data-testid="line-again">
          {t("again")}
        </Button>
      }
    >
      <div class="stack">
        <ul class="rungs">
          {line.rungs.map((rung) => (
            <RungRow key={`${rung.way} ${rung.to.join()}`} rung={rung} />
          ))}
        </ul>
        {line.done && !line.rungs.some((rung) => rung.way.startsWith("turn")) && <p class="small quiet-text">{t("noTurn")}</p>}
        {line.bandwidth && <Carries bandwidth={line.bandwidth} rttMs={line.rttMs} reached={!line.done || wayTaken(line.rungs) !== undefined} />}
        {blocked.length > 0 && <Keeper rungs={line.rungs} blocked={blocked} />}
      </div>
    </Dialog>
  );
}

function RungRow({ rung }: { rung: Rung }) {
  const { way, state, ms = 0 } = rung;
  const word = state === "open" ? t("open", { ms }) : t(state === "blocked" ? "closed" : state === "trying" ? "trying" : "noAnswer");
  const tone = state === "open" ? "badge--ready" : state === "blocked" ? "badge--attention" : "";
  return (
    <li class="rungs__row" data-testid="rung" data-way={way} data-state={state}>
      <span class="rungs__name">
        <strong>{t(wayWords[way])}</strong>
        <span class="small quiet-text">{t(wayFor[way])}</span>
      </span>
      <span class={`badge ${tone}`}>
        {state === "trying" ? <span class="spinner" aria-hidden="true" /> : <Icon of={state === "open" ? Check : state === "blocked" ? X : CircleHelp} />}
        {word}
      </span>
    </li>
  );
}

const carryWords: Partial<Record<LineQuality, LineWord>> = { good: "carriesGood", fair: "carriesFair", poor: "carriesPoor" };

/** What web pages carry says nothing of picture and sound as long as no way of theirs is known to be open. */
function Carries({ bandwidth, rttMs, reached }: { bandwidth: Bandwidth; rttMs: number | null; reached: boolean }) {
  const delay = rttMs === null ? "" : ` · ${t("delay", { ms: Math.round(rttMs) })}`;
  return (
    <p>
      <span class="numbers">{t("rates", { down: rate(bandwidth.down), up: rate(bandwidth.up) }) + delay}</span>
      <br />
      {t(reached ? (carryWords[carries(bandwidth)] ?? "unknown") : "noWay")}
    </p>
  );
}

const protocolOf = (way: Way) => (way === "udp" || way === "turn-udp" ? "UDP" : "TCP");
const targets = (rung: Rung) => (rung.to.length > 0 ? rung.to : [location.hostname]).map((to) => `${protocolOf(rung.way)} ${to}`);

/** Addresses and ports, in words that whoever keeps the firewall can act on without asking back. */
function Keeper({ rungs, blocked }: { rungs: readonly Rung[]; blocked: readonly Rung[] }) {
  const list = [...new Set(rungs.flatMap(targets))].map((target) => `– ${target}`).join("\n");
  const text = t("keeperText", { origin: location.origin, blocked: [...new Set(blocked.flatMap(targets))].join(", "), list });
  const copy = () => navigator.clipboard.writeText(text).then(() => notify({ text: t("copied") }), () => notify({ text: t("copyFailed"), kind: "attention" }));
  return (
    <section class="notice line__keeper" aria-label={t("keeperTitle")}>
      <h3>{t("keeperTitle")}</h3>
      <p class="small">{t("keeperHint")}</p>
      <p class="line__text" data-testid="keeper-text">
        {text}
      </p>
      <Button kind="secondary" icon={Copy} onClick={() => void copy()}>
        {t("copy")}
      </Button>
    </section>
  );
}
