/** What the machine keeps over a restart: the token of its pairing, and what the room is not to be rung for. */
import type { Quiets } from "./rung";

const tokenKey = "hoichan.kiosk.token";
const quietsKey = "hoichan.kiosk.quiets";

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Where storage is refused, the machine has to be paired again after a restart, and rings again. */
function keep(key: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // See above.
  }
}

export const keptToken = () => kept(tokenKey);
export const keepToken = (token: string | null) => keep(tokenKey, token);

export function keptQuiets(): Quiets {
  try {
    return new Map(JSON.parse(kept(quietsKey) ?? "[]") as [string, { sinceMs: number; untilMs: number }][]);
  } catch {
    return new Map();
  }
}

export const keepQuiets = (quiets: Quiets) => keep(quietsKey, JSON.stringify([...quiets]));
