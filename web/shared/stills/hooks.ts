import { useEffect, useReducer } from "preact/hooks";
import type { Stills, StillsState } from "./stills";

/** Renders again when stills, marks or pointers change. */
export function useStills(stills: Stills): StillsState {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => stills.subscribe(() => again(undefined)), [stills]);
  return stills.state;
}
