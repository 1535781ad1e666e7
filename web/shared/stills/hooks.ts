import { useEffect, useReducer, useRef } from "preact/hooks";
import type { Stills, StillsState } from "./stills";

const isSame = (one: unknown, other: unknown): boolean =>
  one === other || (Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((part, i) => part === other[i]));

/** What `pick` takes of the stills, one thing or a list of things. Renders again when that changes, and not with every point somebody draws. */
export function useStills<T>(stills: Stills, pick: (state: StillsState) => T): T {
  const [, again] = useReducer((n: number) => n + 1, 0);
  const picked = pick(stills.state);
  const shown = useRef(picked);
  const latest = useRef(pick);
  shown.current = picked;
  latest.current = pick;
  useEffect(() => {
    const look = () => isSame(latest.current(stills.state), shown.current) || again(undefined);
    look(); // it may have changed since it was rendered
    return stills.subscribe(look);
  }, [stills]);
  return picked;
}
