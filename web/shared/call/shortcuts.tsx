/** Single-letter shortcuts. They can be switched off (WCAG 2.1.4), and never act while somebody writes. */
import { useLayoutEffect, useState } from "preact/hooks";
import { Dialog } from "../ui";
import { t, type Word } from "./words";

export interface Shortcut {
  key: string;
  word: Word;
  act: () => void;
}

const kept = "hoichan.shortcuts";

function readOn(): boolean {
  try {
    return localStorage.getItem(kept) !== "off";
  } catch {
    return true;
  }
}

export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  // With the page, not after its first picture: whoever is quick, or has a slow machine, would press into nothing.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || !readOn()) return;
      const target = event.target as HTMLElement;
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || document.querySelector("dialog:modal")) return;
      const found = shortcuts.find((shortcut) => shortcut.key === event.key.toLowerCase());
      if (!found) return;
      event.preventDefault();
      found.act();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}

export function ShortcutHelp({ shortcuts, onClose }: { shortcuts: readonly Shortcut[]; onClose: () => void }) {
  const [on, setOn] = useState(readOn());
  const change = (next: boolean) => {
    setOn(next);
    try {
      localStorage.setItem(kept, next ? "on" : "off");
    } catch {
      // Storage refused: they stay on.
    }
  };
  return (
    <Dialog title={t("shortcuts")} onClose={onClose}>
      <div class="stack">
        <p class="quiet-text">{t("shortcutsText")}</p>
        <dl class="keys">
          {shortcuts.map(({ key, word }) => (
            <div key={key} class="keys__row">
              <dt>
                <kbd>{key.toUpperCase()}</kbd>
              </dt>
              <dd>{t(word)}</dd>
            </div>
          ))}
        </dl>
        <label class="row check">
          <input type="checkbox" checked={on} onChange={(event) => change(event.currentTarget.checked)} />
          {t("shortcutsOn")}
        </label>
      </div>
    </Dialog>
  );
}
