/** The minutes on the page of a consultation: fetched when they are looked at. */
import { useState } from "preact/hooks";
import { MinutesDesk } from "../../shared/minutes/desk";
import { BrowserDrafts } from "../../shared/minutes/drafts";
import { later } from "../../shared/ui/later";
import { usePanel } from "../panel";
import { t } from "../words/consultation";
import { Section } from "./frame";

const MinutesView = later(() => import("../../shared/minutes").then((parts) => parts.MinutesView));

export function MinutesOf({ id }: { id: string }) {
  const { api } = usePanel();
  const [desk] = useState(() => new MinutesDesk(api.consultations.minutes(id), new BrowserDrafts(id)));
  return (
    <Section title={t("minutesTitle")} id="minutes">
      <MinutesView desk={desk} />
    </Section>
  );
}
