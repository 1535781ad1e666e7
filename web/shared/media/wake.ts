/**
 * When this machine may have been away: asleep, a page in the background cache, a phone called. Nobody tells a page that it
 * slept, so a timer that comes much too late does. Browser only.
 */
const tickMs = 2000;
const sleptMs = 15_000;

/** `slept` when the machine was really away for a while; else somebody only looks at the page again. */
export function onWake(woken: (slept: boolean) => void): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const slept = Date.now() - last > sleptMs;
    last = Date.now();
    // Background tabs tick once a minute: that is no sleep.
    if (slept && !document.hidden) woken(true);
  }, tickMs);
  const looked = () => !document.hidden && woken(false);
  const resumed = () => woken(true);
  document.addEventListener("visibilitychange", looked);
  document.addEventListener("resume", resumed);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", looked);
    document.removeEventListener("resume", resumed);
  };
}
