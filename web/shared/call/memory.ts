/** What survives a reload of this tab, and only this tab: the ticket, the token, how far the generations had counted. */
import type { Memory } from "../session/ports";

const key = "hoichan.session";

/** Whatever call this tab was in, for a page that has no ticket of its own in the address. */
export function remembered(): Memory | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") as Memory | null;
  } catch {
    return null;
  }
}

export function recall(ticket: string): Memory | null {
  const memory = remembered();
  return memory?.ticket === ticket ? memory : null;
}

export function rememberer(memory: Memory | null): void {
  try {
    if (memory) sessionStorage.setItem(key, JSON.stringify(memory));
    else sessionStorage.removeItem(key);
  } catch {
    // Storage refused: a reload then asks again.
  }
}

export const forget = () => rememberer(null);
