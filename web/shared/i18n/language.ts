/** Which language the page speaks: chosen once, kept, told to whoever listens. Vietnamese unless the person chose. */
import { useEffect, useState } from "preact/hooks";

export type Language = "vi" | "en";

const kept = "hoichan.language";
const listeners = new Set<() => void>();
let current: Language = "vi";

export function language(): Language {
  return current;
}

export function setLanguage(next: Language): void {
  current = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem(kept, next);
  } catch {
    // Private windows may refuse storage; the choice then lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

/** At the start of an application: what was chosen before, else Vietnamese. */
export function startLanguage(): Language {
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem(kept);
  } catch {
    chosen = null;
  }
  current = chosen === "en" ? "en" : "vi";
  document.documentElement.lang = current;
  return current;
}

/** Renders the component again when the language changes. */
export function useLanguage(): Language {
  const [value, setValue] = useState(current);
  useEffect(() => {
    const listener = () => setValue(current);
    listeners.add(listener);
    listener();
    return () => void listeners.delete(listener);
  }, []);
  return value;
}
