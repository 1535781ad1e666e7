/**
 * Words that come by themselves: `notify` shows and speaks them, `announce` only speaks. <Announcer /> stands once in
 * each application, before anything is announced, so that the live regions are there when the text arrives.
 */
import { useEffect, useState } from "preact/hooks";
import { CircleAlert, Info, X } from "lucide";
import { common } from "../i18n";
import { Button } from "./button";
import { Icon } from "./icon";

export interface Notice {
  text: string;
  kind?: "plain" | "attention" | "danger";
}
interface Shown extends Notice {
  key: number;
}

const leastStayMs = 6000, readMs = 90; // … a letter: slowly, beside something else
const mostShown = 3;
let shown: readonly Shown[] = [];
let spoken = { text: "", key: 0 };
let nextKey = 1;
const listeners = new Set<() => void>();
const changed = () => listeners.forEach((listener) => listener());

function dismiss(key: number): void {
  shown = shown.filter((one) => one.key !== key);
  changed();
}

export function notify(notice: Notice): void {
  const key = nextKey++;
  shown = [...shown.filter((one) => one.text !== notice.text), { ...notice, key }].slice(-mostShown);
  changed();
}

/** What was told of a place that one has left is no news elsewhere. */
export function forgetNotices(): void {
  shown = [];
  changed();
}

export function announce(text: string): void {
  spoken = { text, key: nextKey++ };
  changed();
}

/** Goes when it has been read; not while somebody points at it or stands on its button, after whom it stays as long again. */
function Toast({ notice }: { notice: Shown }) {
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const held = pointed || focused;
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismiss(notice.key), Math.max(leastStayMs, notice.text.length * readMs));
    return () => clearTimeout(timer);
  }, [held]);
  return (
    <div
      class={`toast toast--${notice.kind ?? "plain"}`}
      onPointerEnter={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
      onFocusIn={() => setFocused(true)}
      onFocusOut={() => setFocused(false)}
    >
      <Icon of={notice.kind && notice.kind !== "plain" ? CircleAlert : Info} />
      <span>{notice.text}</span>
      <Button kind="quiet" square icon={X} onClick={() => dismiss(notice.key)}>
        {common("close")}
      </Button>
    </div>
  );
}

export function Announcer() {
  const [, again] = useState(0);
  useEffect(() => {
    const listener = () => again((n) => n + 1);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return (
    <>
      <div class="visually-hidden" role="status" aria-live="polite">
        <span key={spoken.key}>{spoken.text}</span>
      </div>
      <div class="toasts" role="status" aria-live="polite">
        {shown.map((notice) => (
          <Toast key={notice.key} notice={notice} />
        ))}
      </div>
    </>
  );
}
