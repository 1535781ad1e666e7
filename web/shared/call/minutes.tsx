/** The minutes beside the pictures, and when the call is over: by ticket, for its doctors. */
import { X } from "lucide";
import { createApi, minutesPort } from "../api";
import { BrowserDrafts, MinutesDesk, MinutesView } from "../minutes";
import { Button } from "../ui";
import { t } from "./paper_words";

const desks = new Map<string, MinutesDesk>();

/** One for each ticket, for as long as the page lives: what was typed outlives the paper that shows it. */
function deskOf(ticket: string, consultation: string): MinutesDesk {
  const desk = desks.get(ticket) ?? new MinutesDesk(minutesPort(createApi({ bearer: () => ticket }), consultation), new BrowserDrafts(consultation));
  desks.set(ticket, desk);
  return desk;
}

interface MinutesProps {
  ticket: string;
  consultation: string;
}

export function MinutesPaper({ onClose, ...of }: MinutesProps & { onClose: () => void }) {
  return (
    <article class="paper" aria-label={t("minutes")} data-testid="paper-open">
      <header class="sheet__head">
        <span class="sheet__title">{t("minutes")}</span>
        <Button kind="quiet" square icon={X} onClick={onClose}>
          {t("close")}
        </Button>
      </header>
      <div class="paper__text" tabIndex={0} role="region" aria-label={t("minutes")}>
        <MinutesView desk={deskOf(of.ticket, of.consultation)} />
      </div>
    </article>
  );
}

export function MinutesAfter({ ticket, consultation }: MinutesProps) {
  return (
    <section class="card ended__minutes stack" aria-label={t("minutes")}>
      <h2>{t("minutes")}</h2>
      <MinutesView desk={deskOf(ticket, consultation)} />
    </section>
  );
}
