/** What happened in a consultation, as it stands in the books: stays, consents, chat, audit. */
import { Fragment } from "preact";
import type { AuditEntry, ChatEntry, ConsentEntry, Consultation, Page, Stay } from "../../shared/api";
import { formatDateTime, formatDuration, formatTime, roleName } from "../../shared/i18n";
import { useData } from "../data";
import { actorName, auditAction } from "../words/audit_actions";
import { t } from "../words/consultation";
import { Badge } from "./chips";
import { Section, Show } from "./frame";
import { StayLine } from "./lines";
import { purposeName } from "./words";

interface LedgerProps<T> {
  title: string;
  none: string;
  load: (signal: AbortSignal) => Promise<Page<T>>;
  keys: readonly unknown[];
  everyMs?: number;
  children: (items: T[]) => preact.ComponentChildren;
}

/** A section that says what it is for while it is empty. */
export function Ledger<T>({ title, none, load, keys, everyMs = 0, children }: LedgerProps<T>) {
  const entries = useData(load, keys, everyMs);
  return (
    <Section title={title}>
      <Show of={entries} inline>
        {({ items }) => (items.length === 0 ? <p class="quiet-text">{none}</p> : children(items))}
      </Show>
    </Section>
  );
}

const reasonWord: Record<string, Parameters<typeof t>[0]> = { left: "reasonLeft", lost: "reasonLost", removed: "reasonRemoved", ended: "reasonEnded" };

function nameOf(entry: { name?: string; participant_id?: string }, of: Consultation): string {
  return entry.name ?? of.participants?.find((p) => p.id === entry.participant_id)?.name ?? entry.participant_id ?? "";
}

export function Stays({ items, of, nowMs }: { items: readonly Stay[]; of: Consultation; nowMs: number }) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={t("stays")}>
      <table class="table table--small table--stacks">
        <caption class="visually-hidden">{t("stays")}</caption>
        <thead>
          <tr>
            {[t("who"), t("joinedAt"), t("leftAt")].map((title) => (
              <th scope="col" key={title}>
                {title}
              </th>
            ))}
            <th scope="col" class="table__number">
              {t("stayed")}
            </th>
            <th scope="col">{t("reason")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((stay) => (
            <Fragment key={stay.id ?? `${stay.participant_id}-${stay.joined_at}`}>
              <tr class={stay.quality ? "stay--measured" : ""}>
                <td>
                  {nameOf(stay, of)} {stay.role && <span class="quiet-text">· {roleName(stay.role)}</span>}
                </td>
                <td class="numbers" data-title={t("joinedAt")}>
                  {formatTime(stay.joined_at)}
                </td>
                <td class="numbers" data-title={t("leftAt")}>
                  {stay.left_at ? formatTime(stay.left_at) : <Badge tone="ready">{t("stillIn")}</Badge>}
                </td>
                <td class="table__number" data-title={t("stayed")}>
                  {formatDuration((stay.left_at ? Date.parse(stay.left_at) : nowMs) - Date.parse(stay.joined_at))}
                </td>
                <td data-title={t("reason")}>{stay.reason && reasonWord[stay.reason] ? t(reasonWord[stay.reason]!) : (stay.reason ?? "")}</td>
              </tr>
              {stay.quality && (
                <tr>
                  <td colSpan={5} class="small quiet-text stay__line" data-testid="stay-line">
                    <StayLine of={stay.quality} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A word taken back after it was given is a withdrawal; without one before it, a refusal. */
function consentWord(entries: readonly ConsentEntry[], index: number): "granted" | "refused" | "withdrawn" {
  const entry = entries[index];
  if (!entry || entry.granted) return "granted";
  const gaveBefore = entries.some((e) => e.granted && e.at < entry.at && e.purpose === entry.purpose && (e.participant_id ?? e.name) === (entry.participant_id ?? entry.name) && !!e.for_patient === !!entry.for_patient);
  return gaveBefore ? "withdrawn" : "refused";
}

export function Consents({ items, of }: { items: readonly ConsentEntry[]; of: Consultation }) {
  return (
    <ul class="ledger" data-testid="consents">
      {items.map((entry, index) => {
        const word = consentWord(items, index);
        return (
          <li key={entry.id ?? index}>
            <span class="numbers quiet-text">{formatDateTime(entry.at)}</span>
            <span>
              <strong>{nameOf(entry, of)}</strong>
              {entry.for_patient && <span class="quiet-text"> {t("forPatient")}</span>} · {purposeName(entry.purpose)}
            </span>
            <Badge tone={word === "granted" ? "ready" : "attention"}>{t(word)}</Badge>
          </li>
        );
      })}
    </ul>
  );
}

export function ChatLines({ items }: { items: readonly ChatEntry[] }) {
  return (
    <ul class="chat">
      {items.map((line, index) => (
        <li key={index}>
          <span class="small">
            <strong>{line.name}</strong> <span class="quiet-text numbers">{formatTime(line.at)}</span>
          </span>
          <p>{line.text}</p>
        </li>
      ))}
    </ul>
  );
}

export function AuditLines({ items, names }: { items: readonly AuditEntry[]; names: ReadonlyMap<string, string> }) {
  return (
    <ul class="ledger">
      {items.map((entry, index) => (
        <li key={entry.id ?? index}>
          <span class="numbers quiet-text">{formatDateTime(entry.at)}</span>
          <span>
            <strong>{actorName(entry.actor, names)}</strong> · {auditAction(entry.action)}
          </span>
          <span />
        </li>
      ))}
    </ul>
  );
}
