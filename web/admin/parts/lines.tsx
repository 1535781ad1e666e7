/** People's lines while a consultation runs: a word, the figures behind it, and the reason for whatever is held back. */
import { Signal, SignalLow, SignalMedium, WifiOff } from "lucide";
import type { CallStats, LineStats, PersonStats, StayQuality } from "../../shared/api";
import { common, formatNumber, roleName } from "../../shared/i18n";
import { useData } from "../data";
import { reasonsOf, type LineWord } from "../lines";
import { usePanel } from "../panel";
import { t } from "../words/lines";
import { Badge } from "./chips";
import { Section, Show } from "./frame";

const refreshMs = 5000;

const looks = {
  good: { tone: "ready", icon: Signal, word: "lineGood" },
  fair: { tone: "attention", icon: SignalMedium, word: "lineFair" },
  poor: { tone: "danger", icon: SignalLow, word: "linePoor" },
  lost: { tone: "danger", icon: WifiOff, word: "lineLost" },
} as const;

export function LineBadge({ line }: { line: LineWord }) {
  const { tone, icon, word } = looks[line];
  return (
    <Badge tone={tone} icon={icon}>
      {common(word)}
    </Badge>
  );
}

const share = (permille: number | undefined) => (permille === undefined ? t("unknown") : `${formatNumber(permille / 10, 1)} %`);

function rate(bps: number | undefined): string {
  if (bps === undefined) return t("unknown");
  return bps >= 1_000_000 ? `${formatNumber(bps / 1_000_000, 1)} Mbit/s` : `${formatNumber(Math.round(bps / 1000))} kbit/s`;
}

/** The way that carries what the person sees and says; an encoder's or a screen's own comes after. */
const mainLine = (person: PersonStats): LineStats | undefined => person.lines.find((line) => line.kind === "call") ?? person.lines[0];

function Word({ of }: { of: PersonStats }) {
  if (of.waiting) return <Badge>{t("waiting")}</Badge>;
  return of.connection ? <LineBadge line={of.connection} /> : <Badge>{t("connecting")}</Badge>;
}

function Person({ of }: { of: PersonStats }) {
  const line = mainLine(of);
  const mos = of.report?.mos;
  return (
    <tr data-testid="line" data-line={of.connection}>
      <th scope="row">
        {of.name}
        <span class="small quiet-text block">{roleName(of.role)}</span>
        {of.away && <span class="small quiet-text block">{t("away")}</span>}
      </th>
      <td data-title={t("line")}>
        <Word of={of} />
      </td>
      <td class="table__number" data-title={t("speech")} title={t("mosHint")}>
        {mos === undefined ? t("unknown") : formatNumber(mos, 1)}
      </td>
      <td class="table__number" data-title={t("delay")}>
        {line?.rtt_ms === undefined ? t("unknown") : `${line.rtt_ms} ms`}
        <span class="small quiet-text block">{(of.report?.protocol ?? line?.path?.protocol)?.toUpperCase() ?? t("unknown")}</span>
      </td>
      <td class="table__number" data-title={t("lossUp")}>
        {share(line?.up_loss_permille)}
      </td>
      <td class="table__number" data-title={t("lossDown")}>
        {share(line?.down_loss_permille)}
        <span class="small quiet-text block">{rate(line?.estimate_bps)}</span>
      </td>
    </tr>
  );
}

function Reasons({ of }: { of: CallStats }) {
  const reasons = reasonsOf(of);
  return (
    <div class="stack stack--tight">
      <h3>{t("reasons")}</h3>
      {reasons.length === 0 ? (
        <p class="quiet-text">{t("reasonsNone")}</p>
      ) : (
        <ul class="reasons" data-testid="line-reasons">
          {reasons.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

const columns = ["person", "line", "speech", "delay", "lossUp", "lossDown"] as const;
const isWords = (column: (typeof columns)[number]) => column === "person" || column === "line";

export function LiveLines({ consultation }: { consultation: string }) {
  const { api } = usePanel();
  const stats = useData((signal) => api.consultations.stats(consultation, signal), [consultation], refreshMs);
  return (
    <Section title={t("title")} aside={<span class="small quiet-text">{t("under")}</span>}>
      <Show of={stats} inline>
        {(now) =>
          now.participants.length === 0 ? (
            <p class="quiet-text">{t("none")}</p>
          ) : (
            <div class="stack">
              <div class="table-frame" tabIndex={0} role="region" aria-label={t("title")}>
                <table class="table table--small table--stacks lines" data-testid="lines">
                  <caption class="visually-hidden">{t("title")}</caption>
                  <thead>
                    <tr>
                      {columns.map((column) => (
                        <th scope="col" key={column} class={isWords(column) ? "" : "table__number"}>
                          {t(column)}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {now.participants.map((person) => (
                      <Person key={person.id} of={person} />
                    ))}
                  </tbody>
                </table>
              </div>
              <Reasons of={now} />
            </div>
          )
        }
      </Show>
    </Section>
  );
}

// ---- how a stay was -------------------------------------------------------------------------------------------------

function speechOf({ mos }: StayQuality): string {
  if (!mos) return t("staySpeechNone");
  const figures = { mean: formatNumber(mos.mean, 1), min: formatNumber(mos.min, 1) };
  const percent = formatNumber(mos.low_permille / 10, mos.low_permille < 100 ? 1 : 0);
  return mos.low_permille > 0 ? t("staySpeechLow", { ...figures, percent }) : t("staySpeech", figures);
}

/** One line: what was heard, what stood still, what was held back. */
export function StayLine({ of }: { of: StayQuality }) {
  const frozenMs = of.frozen_ms ?? 0;
  const parts = [speechOf(of)];
  if (of.freezes) parts.push(t("stayFrozen", { seconds: formatNumber(frozenMs / 1000, frozenMs < 10_000 ? 1 : 0), count: of.freezes }));
  if (of.held_s?.bandwidth) parts.push(t("stayHeld", { seconds: formatNumber(of.held_s.bandwidth) }));
  return <span title={t("mosHint")}>{parts.join(" · ")}</span>;
}
