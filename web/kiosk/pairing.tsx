/** Before the machine belongs to a room: a code to read aloud, what to do with it, and waiting for it to be used. */
import { useEffect, useState } from "preact/hooks";
import { ApiError, pairingApi, type Pairing } from "../shared/api";
import { minutesSeconds, secondsLeft } from "../shared/time/countdown";
import { useNow } from "../shared/time/now";
import { LanguageButton } from "./parts";
import { retryDelayMs, spacedCode } from "./screen";
import { t } from "./words";

const askEveryMs = 2000;
const refreshBeforeMs = 5000;

type State = { at: "asking" } | { at: "shown"; pairing: Pairing } | { at: "failed"; untilMs: number; slow: boolean };

const wait = (ms: number, signal: AbortSignal) =>
  new Promise<void>((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });

/** One code after the other until one is used; answers the token that came of it. */
async function pair(signal: AbortSignal, tell: (state: State) => void): Promise<string | null> {
  const api = pairingApi();
  let failures = 0;
  while (!signal.aborted) {
    try {
      const pairing = await api.start();
      failures = 0;
      tell({ at: "shown", pairing });
      const token = await watch(api, pairing, signal);
      if (token) return token;
    } catch (error) {
      failures += 1;
      const throttled = error instanceof ApiError ? error.retryAfterS : null;
      const delay = throttled === null ? retryDelayMs(failures) : throttled * 1000;
      tell({ at: "failed", untilMs: Date.now() + delay, slow: throttled !== null });
      await wait(delay, signal);
    }
  }
  return null;
}

/** Asks until the code is used or about to expire. A server that is away for a moment does not cost the code. */
async function watch(api: ReturnType<typeof pairingApi>, pairing: Pairing, signal: AbortSignal): Promise<string | null> {
  const until = Date.parse(pairing.expires_at) - refreshBeforeMs;
  while (!signal.aborted && Date.now() < until) {
    await wait(askEveryMs, signal);
    if (signal.aborted) return null;
    try {
      const now = await api.state(pairing.id, signal);
      if (now.state === "paired" && now.token) return now.token;
    } catch (error) {
      if (error instanceof ApiError && error.unreachable) continue;
      return null; // the code is gone: a new one
    }
  }
  return null;
}

export function PairingPage({ unpaired, onPaired }: { unpaired: boolean; onPaired: (token: string) => void }) {
  const [state, setState] = useState<State>({ at: "asking" });
  const now = useNow(500);
  useEffect(() => {
    const gone = new AbortController();
    void pair(gone.signal, setState).then((token) => {
      if (token && !gone.signal.aborted) onPaired(token);
    });
    return () => gone.abort();
  }, []);
  return (
    <main class="pairing">
      <header class="top">
        <span />
        <LanguageButton />
      </header>
      <section class="pairing__card">
        {unpaired && (
          <p class="notice" role="status" data-testid="unpaired">
            {t("unpaired")}
          </p>
        )}
        <h1>{t("pairTitle")}</h1>
        <p class="pairing__tell">{t("pairTell")}</p>
        {state.at === "shown" ? (
          <>
            <output class="pairing__code" data-testid="kiosk-code" data-code={state.pairing.code} aria-label={state.pairing.code.split("").join(" ")}>
              {spacedCode(state.pairing.code)}
            </output>
            <p class="quiet-text numbers">{t("pairExpires", { time: minutesSeconds(secondsLeft(Date.parse(state.pairing.expires_at) - refreshBeforeMs, now)) })}</p>
          </>
        ) : (
          <p class="pairing__code pairing__code--none" role="status">
            <span class="spinner" aria-hidden="true" />
            <span class="pairing__wait">
              {state.at === "asking" ? t("pairLoading") : state.slow ? t("pairSlow", { time: minutesSeconds(secondsLeft(state.untilMs, now)) }) : t("pairLost")}
            </span>
          </p>
        )}
        <ol class="pairing__how">
          <li>{t("pairHow1")}</li>
          <li>{t("pairHow2")}</li>
          <li>{t("pairHow3")}</li>
        </ol>
      </section>
    </main>
  );
}
