/**
 * What survives a reload of this tab, and only this tab: the ticket, the token, how far the generations had counted. And what
 * survives a browser that was killed: that the call of this link was not left, so that nobody is asked about devices again.
 * And for one page load, that the link came of an emergency call that was answered here.
 */
import type { Memory } from "../session/ports";

const key = "hoichan.session";
const openKey = "hoichan.not-left";
const answeredKey = "hoichan.answered";
/** Longer than a consultation; a link that is opened another day shows the devices first. */
const openForMs = 2 * 3600_000;

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
    if (memory) {
      sessionStorage.setItem(key, JSON.stringify(memory));
      localStorage.setItem(openKey, JSON.stringify({ link: fingerprint(memory.ticket), at: Date.now() }));
    } else {
      sessionStorage.removeItem(key);
      localStorage.removeItem(openKey);
    }
  } catch {
    // Storage refused: a reload then asks again.
  }
}

/** Was this link's call going on when the browser went away? */
export function wasNotLeft(ticket: string, nowMs = Date.now()): boolean {
  try {
    const open = JSON.parse(localStorage.getItem(openKey) ?? "null") as { link: string; at: number } | null;
    return open?.link === fingerprint(ticket) && nowMs - open.at < openForMs;
  } catch {
    return false;
  }
}

/** An emergency call was answered: whoever did wants to be in, and nowhere else. `ticket` is what the server gave for it. */
export function rememberAnswered(ticket: string): void {
  try {
    sessionStorage.setItem(answeredKey, fingerprint(ticket));
  } catch {
    // Storage refused: one more click.
  }
}

/** True once: who comes again after leaving is asked like anybody. */
export function takeAnswered(ticket: string): boolean {
  try {
    const answered = sessionStorage.getItem(answeredKey) === fingerprint(ticket);
    if (answered) sessionStorage.removeItem(answeredKey);
    return answered;
  } catch {
    return false;
  }
}

/** Enough to know a ticket again and too little to use it (FNV-1a): the ticket itself is kept in no lasting place. */
function fingerprint(ticket: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < ticket.length; i++) hash = Math.imul(hash ^ ticket.charCodeAt(i), 0x01000193) >>> 0;
  return hash.toString(16);
}

export const forget = () => rememberer(null);
