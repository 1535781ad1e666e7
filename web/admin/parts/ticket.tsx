/** A person's link into the room: copied at once, or shown as a QR code for a phone. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Link, QrCode } from "lucide";
import { toCanvas } from "qrcode";
import type { ConsultationParticipant, Ticket } from "../../shared/api";
import { formatDateTime } from "../../shared/i18n";
import { Button, Dialog, LoadingState, notify } from "../../shared/ui";
import { usePanel } from "../panel";
import { t } from "../words/consultation";
import { Refusal, Secret } from "./form";

function QrImage({ text, label }: { text: string; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) void toCanvas(canvas.current, text, { width: 288, margin: 2, errorCorrectionLevel: "M", color: { dark: "#16222bff", light: "#ffffffff" } });
  }, [text]);
  return <canvas ref={canvas} class="qr" width={288} height={288} role="img" aria-label={label} />;
}

export function TicketDialog({ name, ask, onClose }: { name: string; ask: () => Promise<Ticket>; onClose: () => void }) {
  const [ticket, setTicket] = useState<Ticket | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  useEffect(() => {
    ask().then(setTicket, setError);
  }, []);
  return (
    <Dialog title={t("qrTitle", { name })} onClose={onClose}>
      <div class="stack">
        <Refusal error={error} />
        {!ticket && error === undefined && <LoadingState />}
        {ticket && (
          <>
            <QrImage text={ticket.url} label={t("qrTitle", { name })} />
            <Secret label={t("copyLink")} value={ticket.url} testId="ticket-url" />
            <p class="small quiet-text">
              {t("qrText")} {ticket.expires_at && t("linkExpires", { time: formatDateTime(ticket.expires_at) })}
            </p>
          </>
        )}
      </div>
    </Dialog>
  );
}

export function LinkButtons({ consultation, person }: { consultation: string; person: ConsultationParticipant }) {
  const { api } = usePanel();
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const ask = () => api.consultations.ticket(consultation, person.id);
  const copy = async () => {
    setBusy(true);
    try {
      const { url } = await ask();
      await navigator.clipboard.writeText(url);
      notify({ text: t("linkCopied", { name: person.name }) });
    } catch {
      setShown(true); // The dialog says what is wrong, or shows the link to copy by hand.
    }
    setBusy(false);
  };
  return (
    <span class="row">
      <Button kind="secondary" icon={Link} busy={busy} onClick={() => void copy()} data-testid="copy-link">
        {t("copyLink")}
      </Button>
      <Button kind="quiet" icon={QrCode} onClick={() => setShown(true)} data-testid="show-qr">
        {t("showQr")}
      </Button>
      {shown && <TicketDialog name={person.name} ask={ask} onClose={() => setShown(false)} />}
    </span>
  );
}
