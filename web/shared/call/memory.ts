/** What survives a reload of this tab, and only this tab: the ticket, the token, how far the generations had counted. */
import type { Memory } from "../session/ports";

const key = "hoichan.session";

export function recall(ticket: string): Memory | null {
  try {
    const memory = JSON.parse(sessionStorage.getItem(key) ?? "null") as Memory | null;
    return memory?.ticket === ticket ? memory : null;
  } catch {
    return null;
  }
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
