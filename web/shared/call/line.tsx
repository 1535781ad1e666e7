/** The line in words: one's own above the pictures, with cause and figures behind it; a picture's in its tile. */
import { useEffect, useState } from "preact/hooks";
import { Cpu, Server, Signal, SignalLow, SignalMedium, TriangleAlert, WifiOff } from "lucide";
import { formatNumber } from "../i18n";
import { announce, Icon, type IconNode } from "../ui";
import { type CallState, lineNow } from "./controller";
import { lineName } from "./names";
import { t } from "./line_words";
import { isMachineSlow, lineWhy, serverWhy, sufferers, type Why } from "./why";
import { t as call } from "./words";

const lineIcons = { good: Signal, fair: SignalMedium, poor: SignalLow, lost: WifiOff };

export function LineSign({ state }: { state: CallState }) {
  const { room, media } = state.session;
  const line = lineNow(state);
  const why = media === "disturbed" ? call("mediaDisturbed") : lineWhy(room)?.text;
  const others = room ? sufferers(room.slots.values(), (id) => room.participants.get(id)?.name ?? "", state.still) : [];
  return (
    <details class="sign topline__line" data-testid="line" data-line={line ?? "unknown"}>
      <summary class={`badge ${lineTone(line)}`} title={why}>
        <Icon of={lineIcons[line ?? "good"]} />
        <span class="topline__word">{line ? lineName(line) : t("measuring")}</span>
        {state.protocol && state.protocol !== "udp" && <span class="topline__word">({state.protocol.toUpperCase()})</span>}
      </summary>
      <div class="sign__detail card">
        <p data-testid="line-why">{why ?? (line ? t("fine") : t("measuring"))}</p>
        {others.length > 0 && (
          <>
            <h2 class="small">{t("others")}</h2>
            <ul class="line__others">
              {others.map((other) => (
                <li key={other.mid}>{other.text}</li>
              ))}
            </ul>
          </>
        )}
        <Figures state={state} />
      </div>
    </details>
  );
}

const lineTone = (line: CallState["line"]) => (line === null ? "" : line === "good" ? "badge--ready" : "badge--attention");

/** That the server or this machine does not keep up, once for all pictures, with what helps. */
export function OverloadSigns({ state }: { state: CallState }) {
  const { room } = state.session;
  const server = serverWhy(room);
  return (
    <>
      {server && <OverloadSign icon={Server} word={t("server")} text={server.text} testid="server" />}
      {isMachineSlow(room) && <OverloadSign icon={Cpu} word={t("machine")} text={t("machineText")} testid="machine" />}
    </>
  );
}

function OverloadSign({ icon, word, text, testid }: { icon: IconNode; word: string; text: string; testid: string }) {
  return (
    <details class="sign" data-testid={testid}>
      <summary class="badge badge--attention" title={text}>
        <Icon of={icon} />
        {word}
      </summary>
      <div class="sign__detail card">
        <p>{text}</p>
      </div>
    </details>
  );
}

/** What concerns all pictures, of all that is wrong what is worst: in words under its sign for a while, and spoken once; then behind the sign. */
export function LineNote({ state }: { state: CallState }) {
  const { room, media } = state.session;
  const slow = isMachineSlow(room) ? { cause: "machine", text: t("machineText") } : undefined;
  const line = state.line === null || state.line === "good" ? undefined : lineWhy(room);
  const why = media === "disturbed" ? null : (serverWhy(room) ?? line ?? slow ?? null);
  const fresh = useFresh(why?.cause);
  useSpoken(why);
  if (!why || !fresh) return null;
  return (
    <p class="line-note card" data-testid="line-note" data-cause={why.cause}>
      <Icon of={TriangleAlert} />
      <span>{why.text}</span>
    </p>
  );
}

function rate(bps: number | undefined): string {
  if (bps === undefined) return t("unknown");
  return bps >= 1_000_000 ? t("rate", { rate: formatNumber(bps / 1_000_000, 1) }) : t("rateSmall", { rate: formatNumber(Math.round(bps / 1000)) });
}
const share = (permille: number | undefined) => (permille === undefined ? t("unknown") : `${formatNumber(permille / 10, 1)} %`);

function Figures({ state }: { state: CallState }) {
  const link = state.session.room?.link;
  const own = state.quality;
  const rtt = own?.rtt_ms ?? link?.rtt_ms;
  const figures: [string, string][] = [
    [t("path"), state.protocol?.toUpperCase() ?? t("unknown")],
    [t("delay"), rtt === undefined ? t("unknown") : t("ms", { count: rtt })],
    [t("down"), rate(link?.estimate_bps)],
    [t("up"), rate(own?.estimate_bps)],
    [t("lossDown"), share(link?.loss_permille)],
    [t("lossUp"), share(link?.up_loss_permille)],
    [t("repairedSound"), share(own?.concealed_permille)],
  ];
  return (
    <dl class="line__figures small">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt class="quiet-text">{name}</dt>
          <dd class="numbers">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const settledMs = 2000;
const shownMs = 15_000;

/** Speaks a line politely once its cause has stood for a moment: what comes and goes, and each other figure in it, is not worth an interruption. */
function useSpoken(why: Why | null): void {
  useEffect(() => {
    if (!why) return;
    const timer = setTimeout(() => announce(why.text), settledMs);
    return () => clearTimeout(timer);
  }, [why?.cause]);
}

/** True for a while after it has changed. */
function useFresh(what: string | undefined): boolean {
  const [fresh, setFresh] = useState(true);
  useEffect(() => {
    setFresh(true);
    const timer = setTimeout(() => setFresh(false), shownMs);
    return () => clearTimeout(timer);
  }, [what]);
  return fresh;
}

/** In a tile: the whole line over the picture for a while, then a mark; the line stays in LineSign's list. */
export function WhyNote({ why, quiet }: { why: Why; quiet: boolean }) {
  const shown = useFresh(why.text);
  useSpoken(quiet ? null : why);
  return (
    <p class={`tile__why ${shown && !quiet ? "" : "tile__why--mark"}`} title={why.text} data-testid="why" data-cause={why.cause}>
      <Icon of={TriangleAlert} />
      <span class={shown && !quiet ? "" : "visually-hidden"}>{why.text}</span>
    </p>
  );
}
