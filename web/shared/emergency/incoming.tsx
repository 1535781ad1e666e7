/** A consult room's emergency call at whoever is called: a band over the page, a ring, and a notice when the page is out of sight. */
import { useEffect, useRef, useState } from "preact/hooks";
import { PhoneCall, PhoneOff, VolumeX } from "lucide";
import { wordsOf, type EmergencyPort, type Ringing } from "../api";
import { rememberAnswered } from "../call/memory";
import { Button, Icon, notify } from "../ui";
import { useRing } from "../ui/ring";
import "./incoming.css";
import { t } from "./words";

/** As long as the server lets a call ring. */
const ringsForS = 300;

/** What rings for whoever is signed in; what is known stays when the server is away for a moment. */
function useRinging(port: EmergencyPort): [readonly Ringing[], (gone: string) => void] {
  const [calls, setCalls] = useState<readonly Ringing[]>([]);
  useEffect(() => {
    const beat = new Worker(new URL("./heartbeat.ts", import.meta.url), { type: "module" });
    const gone = new AbortController();
    let asking = false;
    const ask = async () => {
      if (asking) return;
      asking = true;
      const found = await port.ringing(gone.signal).catch(() => null);
      asking = false;
      if (found && !gone.signal.aborted) setCalls(found.items);
    };
    beat.addEventListener("message", () => void ask());
    void ask();
    return () => {
      gone.abort();
      beat.terminate();
    };
  }, [port]);
  return [calls, (id) => setCalls((old) => old.filter((call) => call.id !== id))];
}

const placeOf = (call: Ringing) => `${call.room_name} – ${call.site_name}`;

/** Where the page is not looked at: the tab's title, and the system's notice when it was allowed. */
function useNotice(call: Ringing | undefined): void {
  useEffect(() => {
    if (!call) return;
    const title = document.title;
    const words = t("title", { room: call.room_name });
    document.title = `☎ ${words}`;
    const notice = "Notification" in window && Notification.permission === "granted" && document.hidden ? new Notification(words, { body: placeOf(call), tag: call.id, requireInteraction: true }) : null;
    notice?.addEventListener("click", () => window.focus());
    return () => {
      document.title = title;
      notice?.close();
    };
  }, [call?.id]);
}

function Call({ call, port, onDone }: { call: Ringing; port: EmergencyPort; onDone: () => void }) {
  const [busy, setBusy] = useState(false);
  const act = (deed: () => Promise<void>) => async () => {
    setBusy(true);
    await deed().catch((error: unknown) => notify({ text: `${wordsOf(error).title} ${wordsOf(error).action}`, kind: "attention" }));
    setBusy(false);
  };
  const answer = act(async () => {
    const { ticket, url } = await port.answer(call.id);
    rememberAnswered(ticket);
    location.assign(url);
    onDone(); // from one call's page into another's only the ticket changes
  });
  const decline = act(async () => {
    await port.decline(call.id);
    onDone();
  });
  return (
    <section class="incoming__call" aria-label={t("title", { room: call.room_name })} data-testid="incoming">
      <Icon of={PhoneCall} class="incoming__icon" />
      <div class="incoming__words" role="alert">
        <strong>{t("title", { room: call.room_name })}</strong>
        <span>{t("text", { place: placeOf(call) })}</span>
      </div>
      <div class="row">
        <Button class="incoming__answer" icon={PhoneCall} busy={busy} onClick={() => void answer()} data-testid="incoming-answer">
          {t("answer")}
        </Button>
        <Button class="incoming__decline" icon={PhoneOff} busy={busy} onClick={() => void decline()} data-testid="incoming-decline">
          {t("decline")}
        </Button>
      </div>
    </section>
  );
}

export function Incoming({ port }: { port: EmergencyPort }) {
  const [calls, forget] = useRinging(port);
  const blocked = useRing(calls.length > 0, ringsForS);
  useNotice(calls[0]);
  const own = useRef(new Set<string>());
  const before = useRef<readonly Ringing[]>([]);
  useEffect(() => {
    const lost = before.current.filter((old) => !own.current.has(old.id) && !calls.some((call) => call.id === old.id));
    if (lost.length > 0) notify({ text: t("gone") });
    before.current = calls;
  }, [calls]);
  if (calls.length === 0) return null;
  return (
    <div class="incoming">
      {calls.map((call) => (
        <Call
          key={call.id}
          call={call}
          port={port}
          onDone={() => {
            own.current.add(call.id);
            forget(call.id);
          }}
        />
      ))}
      {blocked && (
        <p class="incoming__blocked">
          <Icon of={VolumeX} />
          {t("blocked")}
        </p>
      )}
    </div>
  );
}
