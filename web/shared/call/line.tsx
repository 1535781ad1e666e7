/** The line in words: one's own above the pictures, with cause and figures behind it; a picture's in its tile. */
import { useEffect, useState } from "preact/hooks";
import { Cpu, Signal, SignalLow, SignalMedium, TriangleAlert, WifiOff } from "lucide";
import { formatNumber } from "../i18n";
import { announce, Icon } from "../ui";
import type { CallState } from "./controller";
import { lineName } from "./names";
import { t } from "./line_words";
import { isMachineSlow, lineWhy, type Why, whysOf } from "./why";
import { t as call } from "./words";

const lineIcons = { good: Signal, fair: SignalMedium, poor: SignalLow, lost: WifiOff };

export function LineSign({ state }: { state: CallState }) {
  const { room, media } = state.session;
  const line = media === "disturbed" ? "lost" : state.line;
  const why = media === "disturbed" ? call("mediaDisturbed") : lineWhy(room)?.text;
  useSpoken(why && line !== "good" ? why : null);
  const others = room ? whysOf(room.slots.values(), (id) => room.participants.get(id)?.name ?? "", state.still) : [];
  return (
    <details class="sign topline__line" data-testid="line" data-line={line}>
      <summary class={`badge ${line === "good" ? "badge--ready" : "badge--attention"}`} title={why}>
        <Icon of={lineIcons[line]} />
        <span class="topline__word">{lineName(line)}</span>
        {state.protocol && state.protocol !== "udp" && <span class="topline__word">({state.protocol.toUpperCase()})</span>}
      </summary>
      <div class="sign__detail card">
        <p data-testid="line-why">{why ?? t("fine")}</p>
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

/** That this machine does not keep up, once for all pictures, with what helps. */
export function MachineSign({ state }: { state: CallState }) {
  const slow = isMachineSlow(state.session.room);
  useSpoken(slow ? t("machineText") : null);
  if (!slow) return null;
  return (
    <details class="sign" data-testid="machine">
      <summary class="badge badge--attention" title={t("machineText")}>
        <Icon of={Cpu} />
        {t("machine")}
      </summary>
      <div class="sign__detail card">
        <p>{t("machineText")}</p>
      </div>
    </details>
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

/** Speaks a line politely once it has stood for a moment: what comes and goes is not worth an interruption. */
function useSpoken(text: string | null): void {
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(() => announce(text), settledMs);
    return () => clearTimeout(timer);
  }, [text]);
}

/** In a tile: the whole line over the picture for a while, then a mark; the line stays in LineSign's list. */
export function WhyNote({ why, quiet }: { why: Why; quiet: boolean }) {
  const [shown, setShown] = useState(true);
  useSpoken(quiet ? null : why.text);
  useEffect(() => {
    setShown(true);
    const timer = setTimeout(() => setShown(false), shownMs);
    return () => clearTimeout(timer);
  }, [why.text]);
  return (
    <p class={`tile__why ${shown && !quiet ? "" : "tile__why--mark"}`} title={why.text} data-testid="why" data-cause={why.cause}>
      <Icon of={TriangleAlert} />
      <span class={shown && !quiet ? "" : "visually-hidden"}>{why.text}</span>
    </p>
  );
}
