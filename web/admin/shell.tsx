/** The frame around the views: where one can go, who is here, and which view the address names. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Building2, CalendarClock, CloudOff, FileCheck2, Globe, House, KeyRound, LogOut, Menu, Monitor, PhoneCall, ScrollText, ServerCog, UserRound, Users, Video, Webhook, X } from "lucide";
import { common, language, setLanguage, type Language } from "../shared/i18n";
import { Incoming } from "../shared/emergency/incoming";
import { browserZone, zonesDiffer } from "../shared/time/zone";
import { EmptyState, Icon, type IconNode } from "../shared/ui";
import { Mark } from "./parts/landscape";
import { usePanel } from "./panel";
import { followLinks, href, segments, useAddress } from "./router";
import { Audit } from "./views/audit";
import { BookingDrawer } from "./views/booking_drawer";
import { ConsultationPage } from "./views/consultation";
import { Consultations } from "./views/consultations";
import { Deliveries } from "./views/deliveries";
import { Kiosks } from "./views/kiosks";
import { Patients } from "./views/patients";
import { People } from "./views/people";
import { Places } from "./views/places";
import { RecordingPage, Recordings } from "./views/recordings";
import { Roster } from "./views/roster";
import { Status } from "./views/status";
import { Today } from "./views/today";
import { Tokens } from "./views/tokens";
import { Webhooks } from "./views/webhooks";
import { t } from "./words/panel";

interface Place {
  path: string;
  word: Parameters<typeof t>[0];
  icon: IconNode;
  view: (id: string | undefined) => VNode;
  /** Shown to doctors too; the rest is for administrators. */
  everyone?: boolean;
}

const groups: readonly { word: Parameters<typeof t>[0]; places: readonly Place[] }[] = [
  {
    word: "groupWork",
    places: [
      { path: "", word: "today", icon: House, view: () => <Today />, everyone: true },
      {
        path: "consultations",
        word: "consultations",
        icon: CalendarClock,
        view: (id) => (id ? <ConsultationPage key={id} id={id} /> : <Consultations />),
        everyone: true,
      },
      { path: "roster", word: "roster", icon: PhoneCall, view: () => <Roster />, everyone: true },
    ],
  },
  {
    word: "groupRecords",
    places: [
      { path: "recordings", word: "recordings", icon: Video, view: (id) => (id ? <RecordingPage key={id} id={id} /> : <Recordings />) },
      { path: "deliveries", word: "deliveries", icon: FileCheck2, view: () => <Deliveries /> },
    ],
  },
  {
    word: "groupDirectory",
    places: [
      { path: "patients", word: "patients", icon: UserRound, view: () => <Patients /> },
      { path: "people", word: "people", icon: Users, view: () => <People /> },
      { path: "places", word: "places", icon: Building2, view: () => <Places /> },
      { path: "kiosks", word: "kiosks", icon: Monitor, view: () => <Kiosks /> },
    ],
  },
  {
    word: "groupSystem",
    places: [
      { path: "status", word: "status", icon: ServerCog, view: () => <Status /> },
      { path: "audit", word: "audit", icon: ScrollText, view: () => <Audit /> },
      { path: "webhooks", word: "webhooks", icon: Webhook, view: () => <Webhooks /> },
      { path: "tokens", word: "tokens", icon: KeyRound, view: () => <Tokens /> },
    ],
  },
];

function Navigation({ current, admin }: { current: string; admin: boolean }) {
  return (
    <nav class="nav" id="menu" aria-label={t("menu")}>
      {groups.map((group) => {
        const places = group.places.filter((place) => admin || place.everyone);
        if (places.length === 0) return null;
        return (
          <div key={group.word} class="nav__group">
            <h2 class="nav__title">{t(group.word)}</h2>
            <ul>
              {places.map((place) => (
                <li key={place.path}>
                  <a class="nav__link" href={href(`/${place.path}`)} aria-current={place.path === current ? "page" : undefined} data-testid={`nav-${place.path || "today"}`}>
                    <Icon of={place.icon} />
                    {t(place.word)}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function Foot() {
  const { api, session, signOut } = usePanel();
  const other: Language = language() === "vi" ? "en" : "vi";
  const choose = () => {
    setLanguage(other);
    void api.session.setLanguage(other).catch(() => undefined);
  };
  const { user } = session;
  return (
    <div class="side__foot">
      <div class="who">
        <span class="who__mark" aria-hidden="true">
          {(user.name || user.username).trim().split(/\s+/).at(-1)?.[0]?.toUpperCase()}
        </span>
        <span class="who__words">
          <strong>{[user.title, user.name || user.username].filter(Boolean).join(" ")}</strong>
          <span class="small quiet-text">{user.username}</span>
        </span>
      </div>
      <div class="side__buttons">
        <button type="button" class="text-button" lang={other} onClick={choose} data-testid="language">
          <Icon of={Globe} />
          {other === "vi" ? common("vietnamese") : common("english")}
        </button>
        <button type="button" class="text-button" onClick={signOut} data-testid="sign-out">
          <Icon of={LogOut} />
          {t("signOut")}
        </button>
      </div>
    </div>
  );
}

/** On a narrow screen the places wait behind a button; on a wide one they always stand there, and the button does not. */
function Side({ path, current, admin }: { path: string; current: string; admin: boolean }) {
  const [open, setOpen] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  useEffect(() => setOpen(false), [path]);
  const close = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    setOpen(false);
    toggle.current?.focus();
  };
  return (
    <aside class="side" data-open={open || undefined} onKeyDown={close}>
      <a class="side__brand" href={href("/")} data-testid="brand">
        <Mark />
        <span>
          {common("product")}
          <small>{t(admin ? "panelAdmin" : "panelDoctor")}</small>
        </span>
      </a>
      <button ref={toggle} type="button" class="side__toggle" aria-expanded={open} aria-controls="menu" onClick={() => setOpen(!open)} data-testid="menu">
        <Icon of={open ? X : Menu} />
        {t("menu")}
      </button>
      <Navigation current={current} admin={admin} />
      <Foot />
    </aside>
  );
}

function Notices(): ComponentChildren {
  const { reachable } = usePanel();
  const zone = browserZone();
  return (
    <div role="status" class="notices">
      {!reachable && (
        <p class="notice notice--attention" data-testid="unreachable">
          <Icon of={CloudOff} />
          {t("unreachable")}
        </p>
      )}
      {zonesDiffer(zone, new Date()) && <p class="zone-note">{t("zoneNote", { zone })}</p>}
    </div>
  );
}

function NotFound() {
  return (
    <EmptyState
      title={t("notFound")}
      action={
        <a class="button button--primary" href={href("/")}>
          {t("toToday")}
        </a>
      }
    >
      {t("notFoundText")}
    </EmptyState>
  );
}

export function Shell() {
  const { api, session } = usePanel();
  const address = useAddress();
  const [first = "", id, ...rest] = segments(address.path);
  const admin = session.user.role === "admin";
  const place = groups.flatMap((group) => group.places).find((one) => one.path === first && (admin || one.everyone));
  return (
    <div class="panel" onClick={followLinks}>
      <Incoming port={api.emergencies} />
      <a class="skip" href="#content">
        {t("skip")}
      </a>
      <Side path={address.path} current={place?.path ?? ""} admin={admin} />
      <main class="content" id="content" tabIndex={-1}>
        <Notices />
        {place && rest.length === 0 ? place.view(id) : <NotFound />}
      </main>
      {admin && address.query.get("book") && <BookingDrawer />}
    </div>
  );
}
