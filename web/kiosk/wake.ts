/** The screen of a consult room never sleeps while the page is shown. */
export function stayAwake(): void {
  if (!("wakeLock" in navigator)) return;
  const ask = () => {
    if (document.visibilityState !== "visible") return;
    navigator.wakeLock.request("screen").then(
      (lock) => lock.addEventListener("release", () => setTimeout(ask, 1000), { once: true }),
      () => undefined, // refused, for example on low battery: asked again when the page is shown again
    );
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}
