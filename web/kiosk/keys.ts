/**
 * The whole page by arrows, Enter and one key back: what a keyboard, a remote control and a presenter have in common.
 * A question that is open takes all keys; text fields and lists keep their own arrows.
 */
import { nextIn, type Direction } from "./spatial";

const directions: Readonly<Record<string, Direction>> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };
const enterKeys = ["Enter", "Select", "Accept"];
const backKeys = ["Escape", "BrowserBack", "GoBack", "Backspace"];
const focusable = "button, summary, a[href], input, select, textarea, [tabindex='0']";
/** Marks the button that Enter presses when nothing has the focus, and that gets it when a page opens. */
export const primary = "data-primary";
/** Marks the button that the back key presses. */
export const back = "data-back";

function scope(): ParentNode {
  return [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
}

function reachable(): HTMLElement[] {
  return [...scope().querySelectorAll<HTMLElement>(focusable)].filter((element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && !element.hasAttribute("disabled") && element.tabIndex >= 0;
  });
}

function focused(): HTMLElement | null {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement) || element === document.body) return null;
  return reachable().includes(element) ? element : null;
}

/** Where the focus belongs when it is nowhere. */
export function focusPrimary(): void {
  const all = reachable();
  (all.find((element) => element.hasAttribute(primary)) ?? all[0])?.focus();
}

function keepsArrows(element: HTMLElement, direction: Direction): boolean {
  if (element instanceof HTMLTextAreaElement) return true;
  if (element instanceof HTMLSelectElement) return direction === "up" || direction === "down";
  return element instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(element.type) && (direction === "left" || direction === "right");
}

function move(direction: Direction): void {
  const from = focused();
  if (!from) {
    focusPrimary();
    return;
  }
  const others = reachable().filter((element) => element !== from);
  const found = nextIn(direction, from.getBoundingClientRect(), others.map((element) => element.getBoundingClientRect()));
  others[found]?.focus();
  others[found]?.scrollIntoView({ block: "nearest" });
}

function press(event: KeyboardEvent): void {
  const element = focused();
  const target = element ?? reachable().find((one) => one.hasAttribute(primary));
  const native = event.key === "Enter" && element !== null && !(element instanceof HTMLInputElement && element.type === "checkbox");
  if (!target || native) return;
  event.preventDefault();
  target.click();
}

function goBack(event: KeyboardEvent): void {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  if (typing || document.querySelector("dialog[open]")) return;
  const button = document.querySelector<HTMLElement>(`[${back}]`);
  if (!button) return;
  event.preventDefault();
  button.click();
}

function onKey(event: KeyboardEvent): void {
  if (event.repeat && enterKeys.includes(event.key)) event.preventDefault(); // held down it presses once
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const direction = directions[event.key];
  if (direction) {
    const from = focused();
    if (from && keepsArrows(from, direction)) return;
    event.preventDefault();
    move(direction);
  } else if (enterKeys.includes(event.key)) press(event);
  else if (backKeys.includes(event.key)) goBack(event);
}

export function listenToKeys(): void {
  document.addEventListener("keydown", onKey);
  window.addEventListener("focus", () => {
    if (!focused()) focusPrimary();
  });
}
