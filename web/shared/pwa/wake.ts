/** The screen does not sleep while the page is shown; gives back what ends that. */
export function stayAwake(): () => void {
  if (!("wakeLock" in navigator)) return () => undefined;
  let held: WakeLockSentinel | null = null;
  let wanted = true;
  const ask = () => {
    if (!wanted || document.visibilityState !== "visible") return;
    navigator.wakeLock.request("screen").then(
      (lock) => {
        held = lock;
        if (!wanted) void lock.release();
        lock.addEventListener("release", () => setTimeout(ask, 1000), { once: true });
      },
      () => undefined, // refused, for example on low battery: asked again when the page is shown again
    );
  };
  document.addEventListener("visibilitychange", ask);
  ask();
  return () => {
    wanted = false;
    document.removeEventListener("visibilitychange", ask);
    void held?.release();
  };
}
