/** The room as the server tells it: asked every few seconds, kept when the server is away, and how the line is. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, kioskApi, type KioskView } from "../shared/api";
import { clockOffset, lineWord, retryDelayMs, type LineWord } from "./screen";

const askEveryMs = 5000;
/** While somebody is being called, or waits for the room. */
const askOftenMs = 2000;
const answerWithinMs = 8000;

export interface House {
  view: KioskView | null;
  line: LineWord;
  /** Failures in a row, and when the next try is. */
  failures: number;
  nextTryMs: number;
  /** Add to this machine's clock for the server's. */
  offsetMs: number;
  retry: () => void;
}

const startOf: Omit<House, "retry"> = { view: null, line: "good", failures: 0, nextTryMs: 0, offsetMs: 0 };

/** Asks while `active`; a token that is no longer taken is told through `onUnpaired`. */
export function useHouse(token: string, onUnpaired: () => void): House {
  const [house, setHouse] = useState(startOf);
  const [round, setRound] = useState(0);
  const failures = useRef(0);

  useEffect(() => {
    const api = kioskApi(token, { timeoutMs: answerWithinMs });
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const askedMs = Date.now();
      try {
        const view = await api.view(gone.signal);
        const answeredMs = Date.now();
        failures.current = 0;
        setHouse({ view, line: lineWord(true, answeredMs - askedMs), failures: 0, nextTryMs: 0, offsetMs: clockOffset(view.now, askedMs, answeredMs) });
        const called = view.rings?.length || (view.emergency && !view.emergency.arrived);
        timer = setTimeout(() => void ask(), called ? askOftenMs : askEveryMs);
      } catch (error) {
        if (gone.signal.aborted) return;
        if (error instanceof ApiError && [401, 403, 404, 410].includes(error.problem.status)) {
          onUnpaired();
          return;
        }
        failures.current += 1;
        const wait = retryDelayMs(failures.current);
        setHouse((old) => ({ ...old, line: "lost", failures: failures.current, nextTryMs: Date.now() + wait }));
        timer = setTimeout(() => void ask(), wait);
      }
    };
    void ask();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [token, round]);

  const retry = useCallback(() => setRound((n) => n + 1), []);
  useEffect(() => {
    addEventListener("online", retry);
    return () => removeEventListener("online", retry);
  }, [retry]);
  return { ...house, retry };
}
