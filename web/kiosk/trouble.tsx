/** Something is wrong: one card with what it is, what the machine does about it, what a person can do, whom to call, a code. */
import { useEffect } from "preact/hooks";
import { ArrowLeft, LifeBuoy, Phone, RefreshCw, TriangleAlert } from "lucide";
import { minutesSeconds, secondsLeft } from "../shared/time/countdown";
import { useNow } from "../shared/time/now";
import { Icon, type IconNode } from "../shared/ui";
import { Big, useFirstFocus } from "./parts";
import { t } from "./words";

export interface TroubleWords {
  title: string;
  doing: string;
  can: string;
  code: string;
}

interface TroubleProps {
  words: TroubleWords;
  phone: string | null | undefined;
  onRetry?: (() => void) | undefined;
  onBack?: (() => void) | undefined;
  /** Goes back by itself then. */
  untilMs?: number;
  codeLabel?: string;
  icon?: IconNode;
}

export function Trouble({ words, phone, onRetry, onBack, untilMs, codeLabel, icon = TriangleAlert }: TroubleProps) {
  const now = useNow(500);
  useFirstFocus(words.code);
  const over = untilMs !== undefined && now >= untilMs;
  useEffect(() => {
    if (over) onBack?.();
  }, [over]);
  return (
    <main class="trouble">
      <section class="trouble__card" role="alert" data-testid="kiosk-trouble" data-code={words.code}>
        <Icon of={icon} class="trouble__icon" />
        <h1>{words.title}</h1>
        {words.doing && <p class="trouble__doing">{words.doing}</p>}
        {words.can && <p>{words.can}</p>}
        <div class="trouble__facts">
          {phone && (
            <p class="trouble__phone numbers">
              <Icon of={Phone} />
              {t("phone", { phone })}
            </p>
          )}
          <p class="trouble__code">
            {codeLabel ?? t("faultCode")}: <strong class="numbers">{words.code}</strong>
          </p>
        </div>
      </section>
      <div class="trouble__buttons">
        {onRetry && (
          <Big kind="primary" icon={RefreshCw} first onClick={onRetry}>
            {t("retry")}
          </Big>
        )}
        {onBack && (
          <Big icon={ArrowLeft} first={!onRetry} isBack onClick={onBack}>
            {t("back")}
          </Big>
        )}
        {untilMs !== undefined && <p class="quiet-text numbers">{t("returning", { time: minutesSeconds(secondsLeft(untilMs, now)) })}</p>}
      </div>
    </main>
  );
}

/** As it is read aloud. */
const inFours = (code: string) => code.replace(/.{4}(?=.)/g, "$& ");

export function Help({ phone, machine, onBack }: { phone: string | null | undefined; machine: string; onBack: () => void }) {
  return (
    <Trouble
      icon={LifeBuoy}
      words={{ title: t("helpTitle"), doing: "", can: phone ? t("helpText") : t("helpNoPhone"), code: inFours(machine) }}
      codeLabel={t("machineCode")}
      phone={phone}
      onBack={onBack}
    />
  );
}
