/** What several of the kiosk's pages are made of. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Globe } from "lucide";
import { common, language, setLanguage } from "../shared/i18n";
import { Icon, type IconNode } from "../shared/ui";
import { focusPrimary } from "./keys";

interface BigProps {
  icon?: IconNode;
  kind?: "primary" | "secondary" | "danger";
  /** Gets the focus when the page opens, and Enter when nothing has it. */
  first?: boolean;
  /** The back key presses it. */
  isBack?: boolean;
  testId?: string;
  onClick: () => void;
  children: ComponentChildren;
}

export function Big({ icon, kind = "secondary", first = false, isBack = false, testId, onClick, children }: BigProps) {
  return (
    <button
      type="button"
      class={`big big--${kind}`}
      onClick={onClick}
      {...(first ? { "data-primary": "" } : {})}
      {...(isBack ? { "data-back": "" } : {})}
      {...(testId ? { "data-testid": testId } : {})}
    >
      {icon && <Icon of={icon} />}
      <span>{children}</span>
    </button>
  );
}

export function LanguageButton() {
  const other = language() === "vi" ? "en" : "vi";
  return (
    <button type="button" class="big big--quiet" lang={other} onClick={() => setLanguage(other)} data-testid="language">
      <Icon of={Globe} />
      <span>{other === "vi" ? common("vietnamese") : common("english")}</span>
    </button>
  );
}

/** The focus goes to the page's main button when the page, or that button, comes. */
export function useFirstFocus(key: unknown): void {
  useEffect(() => focusPrimary(), [key]);
}

/** The land outside at dusk: calm behind the words, never in their way. */
export function Dusk() {
  return (
    <svg class="dusk" viewBox="0 0 1920 1080" preserveAspectRatio="xMidYMax slice" aria-hidden="true" focusable="false">
      <defs>
        <linearGradient id="dusk-sky" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stop-color="#0a1119" />
          <stop offset="0.62" stop-color="#0d2029" />
          <stop offset="0.86" stop-color="#17454a" />
          <stop offset="1" stop-color="#1c5654" />
        </linearGradient>
        <radialGradient id="dusk-moon" cx="0.5" cy="0.5" r="0.5">
          <stop offset="0" stop-color="#ffe9c2" stop-opacity="0.35" />
          <stop offset="1" stop-color="#ffe9c2" stop-opacity="0" />
        </radialGradient>
      </defs>
      <rect width="1920" height="1080" fill="url(#dusk-sky)" />
      <circle cx="1610" cy="800" r="330" fill="url(#dusk-moon)" />
      <path d="M0 905 L210 820 L380 880 L620 760 L820 880 L1010 800 L1270 905 L1490 815 L1700 890 L1920 810 V1080 H0 Z" fill="#133a40" />
      <path d="M0 965 L260 880 L480 950 L740 870 L990 970 L1290 900 L1560 968 L1920 895 V1080 H0 Z" fill="#0f2d33" />
      <path d="M0 1020 C300 950 560 950 860 1000 S1500 1040 1920 965 V1080 H0 Z" fill="#0b2126" />
      <g fill="#081a1e">
        <path d="M392 1000 v-30 l28 -22 l28 22 v30 z" />
        <path d="M1480 1010 h52 v-72 h-52 z m52 0 h34 v-46 h-34 z" />
      </g>
      <g fill="#ffd48a">
        <rect x="412" y="974" width="16" height="14" rx="1" />
        <rect x="1490" y="950" width="10" height="10" />
        <rect x="1510" y="950" width="10" height="10" />
        <rect x="1510" y="972" width="10" height="10" />
      </g>
    </svg>
  );
}
