/**
 * The doctor's application: from the ticket in the address over the pre-join page to the call and its end. A reload or a
 * killed browser in the middle of a call goes straight back in, and so does who answered an emergency; only who leaves is asked again.
 */
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { Link2Off } from "lucide";
import { useLanguage } from "../shared/i18n";
import { devicesAllowed, LocalMedia } from "../shared/media/local";
import type { End } from "../shared/session/session";
import type { IceServer } from "../shared/api/types";
import { forgetDrafts } from "../shared/minutes/drafts";
import { Announcer, EmptyState, LoadingState } from "../shared/ui";
import { later } from "../shared/ui/later";
import type { Joining } from "./call_page";
import { recall, rememberer, takeAnswered, wasNotLeft } from "../shared/call/memory";
import "./doctor.css";
import { Prejoin } from "./prejoin";
import { t } from "./words";

type Page = { name: "answered" | "prejoin" | "call"; thin?: boolean; iceServers?: readonly IceServer[] | undefined } | { name: "ended"; end: End; title?: string };

const callPage = () => import("./call_page");
const onCall = () => import("./on_call");
const After = later(() => import("./after").then((parts) => parts.After), null);
const OnCall = later(() => onCall().then((parts) => parts.OnCall), null);

export function Doctor() {
  useLanguage();
  const ticket = useTicket();
  return (
    <>
      <Announcer />
      <OnCall />
      {ticket ? (
        <Consultation key={ticket} ticket={ticket} />
      ) : (
        <main class="centred">
          <EmptyState icon={Link2Off} title={t("noTicketTitle")}>
            {t("noTicket")}
          </EmptyState>
        </main>
      )}
    </>
  );
}

function Consultation({ ticket }: { ticket: string }) {
  const local = useMemo(() => new LocalMedia(), []);
  const [page, setPage] = useState<Page>(() => firstPage(ticket));
  const [loading] = useState(callPage);
  const [whole] = useState(() => Promise.allSettled([loading, onCall(), document.fonts.ready]));
  const [loaded, setLoaded] = useState<Awaited<typeof loading> | null>(null);

  useEffect(() => {
    if (page.name === "answered") void devicesAllowed().then((allowed) => setPage({ name: allowed ? "call" : "prejoin" }));
    void loading.then(setLoaded);
    void forgetDrafts("old");
    void local.start();
    return () => local.close();
  }, [local]);
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = page.name === "call" ? "dark" : "light"; // before the first paint of the other page
  }, [page.name]);

  if (page.name === "prejoin") return <Prejoin ticket={ticket} local={local} loaded={whole} onJoin={(found) => setPage({ name: "call", ...found })} after={<After ticket={ticket} />} />;
  if (!loaded || page.name === "answered") return <LoadingState>{t("loading")}</LoadingState>;
  if (page.name === "ended") {
    const rejoin = () => {
      void local.start();
      setPage({ name: "call" });
    };
    return (
      <loaded.Ended end={page.end} title={page.title} onRejoin={rejoin}>
        <After ticket={ticket} />
      </loaded.Ended>
    );
  }
  const joining: Joining = {
    ticket,
    local,
    memory: recall(ticket),
    remember: rememberer,
    thin: page.thin ?? false,
    iceServers: page.iceServers,
    onEnd: (end, title) => setPage(title === undefined ? { name: "ended", end } : { name: "ended", end, title }),
  };
  return <loaded.CallPage {...joining} />;
}

function firstPage(ticket: string): Page {
  if (recall(ticket) !== null || wasNotLeft(ticket)) return { name: "call" };
  return { name: takeAnswered(ticket) ? "answered" : "prejoin" };
}

/** From the address' fragment, which never leaves the browser by itself. */
function useTicket(): string {
  const read = () => decodeURIComponent(location.hash.slice(1)).trim();
  const [ticket, setTicket] = useState(read);
  useEffect(() => {
    const changed = () => setTicket(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return ticket;
}

