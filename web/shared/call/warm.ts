/**
 * A socket that is opened while the hand is on its way to the button: TLS and WebSocket are done when it is pressed.
 * The server closes one that nobody uses; then a new one is opened as always.
 */
const protocol = "hoichan.v1";
let warm: WebSocket | null = null;

const usable = (socket: WebSocket) => socket.readyState === WebSocket.CONNECTING || socket.readyState === WebSocket.OPEN;

export const signalingUrl = () => `wss://${location.host}/ws`;

export function warmUp(url = signalingUrl()): void {
  if (!warm || !usable(warm)) warm = new WebSocket(url, protocol);
}

/** A new one in any case, by the way that packets take now; `ended` is told whether it came open, unless somebody has taken it by then. */
export function prepareSocket(url: string, ended: (open: boolean) => void): void {
  if (warm) warm.onopen = warm.onclose = null;
  warm?.close();
  warm = new WebSocket(url, protocol);
  warm.onopen = () => ended(true);
  warm.onclose = () => ended(false);
}

/** Has one open at any time, until what is returned is called: over a long line TLS and WebSocket take seconds. */
export function keepWarm(): () => void {
  const look = () => document.visibilityState === "visible" && warmUp();
  look();
  const timer = setInterval(look, 1000);
  return () => clearInterval(timer);
}

/** The warm one, or a new one. It may be open already: whoever takes it is told as if it had just opened. */
export function openSocket(url: string): WebSocket {
  const socket = warm;
  warm = null;
  if (!socket || !usable(socket) || socket.url !== new URL(url).href) return new WebSocket(url, protocol);
  if (socket.readyState === WebSocket.OPEN) queueMicrotask(() => void socket.onopen?.(new Event("open")));
  return socket;
}
