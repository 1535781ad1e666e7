/** What the machine keeps over a restart: the token of its pairing. */
const key = "hoichan.kiosk.token";

export function keptToken(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keepToken(token: string | null): void {
  try {
    if (token === null) localStorage.removeItem(key);
    else localStorage.setItem(key, token);
  } catch {
    // Storage refused: the machine then has to be paired again after a restart.
  }
}
