/** After the call: what happened, and the way back where there is one. */
import type { ComponentChildren } from "preact";
import { CircleCheck, LogOut, PhoneOff, TriangleAlert } from "lucide";
import type { End } from "../session/session";
import { Button, Icon } from "../ui";
import { t } from "./words";

interface EndedProps {
  end: End;
  title?: string | undefined;
  onRejoin?: (() => void) | undefined;
  children?: ComponentChildren;
}

export function Ended({ end, title, onRejoin, children }: EndedProps) {
  const words = wordsFor(end);
  return (
    <main class="ended" data-testid="ended" data-reason={end.code ?? end.reason}>
      <div class="card ended__card">
        <Icon of={words.icon} class="ended__icon" />
        <h1>{words.title}</h1>
        {title && <p>{title}</p>}
        <p class="quiet-text">{words.text}</p>
        {words.action && <p class="quiet-text">{words.action}</p>}
        {onRejoin && canRejoin(end) && (
          <Button kind="primary" onClick={onRejoin} data-testid="rejoin">
            {t(end.reason === "replaced" ? "rejoinHere" : "rejoin")}
          </Button>
        )}
      </div>
      {children}
    </main>
  );
}

const hopeless = ["ticket_invalid", "ticket_expired", "ended", "removed", "unsupported"];

export function canRejoin({ reason, code }: End): boolean {
  if (reason === "left" || reason === "withdrawn" || reason === "replaced") return true;
  return reason === "error" && !hopeless.includes(code ?? "");
}

function wordsFor(end: End) {
  switch (end.reason) {
    case "left":
      return { icon: LogOut, title: t("leftTitle"), text: t("leftText"), action: "" };
    case "withdrawn":
      return { icon: LogOut, title: t("withdrawnTitle"), text: t("withdrawnText"), action: "" };
    case "removed":
      return { icon: PhoneOff, title: t("removedTitle"), text: t("removedText"), action: "" };
    case "replaced":
      return { icon: PhoneOff, title: t("replacedTitle"), text: t("replacedText"), action: "" };
    case "error":
      return { icon: TriangleAlert, title: t("failedTitle"), text: end.message ?? "", action: end.action ?? "" };
    default:
      return { icon: CircleCheck, title: t("endedTitle"), text: t("endedText"), action: "" };
  }
}
