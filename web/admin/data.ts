/** Fetching for a view: what is there, what went wrong, and asking again. Old data stays when asking again fails. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Page } from "../shared/api";

export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => void;
}

interface State<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
}

/** Loads when `keys` change, on reload, and every `everyMs` while the page is visible. */
export function useData<T>(load: (signal: AbortSignal) => Promise<T>, keys: readonly unknown[], everyMs = 0): Loaded<T> {
  const [state, setState] = useState<State<T>>({ data: undefined, error: undefined, loading: true });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const shownKeys = useRef<readonly unknown[]>(keys);

  useEffect(() => {
    const gone = new AbortController();
    const sameView = shownKeys.current.length === keys.length && keys.every((key, i) => Object.is(key, shownKeys.current[i]));
    shownKeys.current = keys;
    setState((old) => ({ data: sameView ? old.data : undefined, error: sameView ? old.error : undefined, loading: true }));
    latest.current(gone.signal).then(
      (data) => {
        if (!gone.signal.aborted) setState({ data, error: undefined, loading: false });
      },
      (error: unknown) => {
        if (!gone.signal.aborted) setState((old) => ({ data: old.data, error, loading: false }));
      },
    );
    return () => gone.abort();
  }, [...keys, round]);

  useEffect(() => {
    if (everyMs <= 0) return;
    const timer = setInterval(() => {
      if (!document.hidden) setRound((n) => n + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);

  const reload = useCallback(() => setRound((n) => n + 1), []);
  return { ...state, reload };
}

export interface Paged<T> extends Loaded<T[]> {
  /** Fetches what comes after; absent when all is here. */
  more: (() => void) | undefined;
}

/** A list that grows by pages. */
export function usePages<T>(load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>, keys: readonly unknown[], everyMs = 0): Paged<T> {
  const first = useData((signal) => load(undefined, signal), keys, everyMs);
  const [rest, setRest] = useState<{ of: Page<T> | undefined; items: T[]; next: string | null | undefined }>({ of: undefined, items: [], next: null });
  const [failed, setFailed] = useState<unknown>(undefined);
  const grown = rest.of !== undefined && rest.of === first.data;
  const next = grown ? rest.next : first.data?.next;
  const data = first.data && (grown ? [...first.data.items, ...rest.items] : first.data.items);
  const more = async () => {
    const of = first.data;
    if (!of || !next) return;
    try {
      const page = await load(next, new AbortController().signal);
      setFailed(undefined);
      setRest((old) => ({ of, items: [...(old.of === of ? old.items : []), ...page.items], next: page.next }));
    } catch (error) {
      setFailed(error);
    }
  };
  return { data, error: first.error ?? failed, loading: first.loading, reload: first.reload, more: next ? () => void more() : undefined };
}

/** A value that follows what is typed only when the typing pauses. */
export function useSettled<T>(value: T, afterMs = 250): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}
