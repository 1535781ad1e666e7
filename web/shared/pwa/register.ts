/**
 * The service worker, once the page has what it came for, and what it shall keep: exactly what this page has loaded.
 * It is a comfort: failing to register changes nothing.
 */
const settledMs = 3000;

export function registerServiceWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  const register = async () => {
    await navigator.serviceWorker.register("/sw.js");
    const { active } = await navigator.serviceWorker.ready;
    setTimeout(() => active?.postMessage({ keep: loaded() }), settledMs);
  };
  addEventListener("load", () => void register().catch(() => undefined), { once: true });
}

function loaded(): string[] {
  const assets = performance.getEntriesByType("resource").map((entry) => new URL(entry.name, location.href));
  return [location.pathname, ...assets.filter((url) => url.origin === location.origin).map((url) => url.pathname)];
}
