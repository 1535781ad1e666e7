/** Whether somebody is at the page: when it was last touched, by hand, key or wheel. */
const attendedForMs = 60_000;
let touchedMs = Date.now();

for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
  addEventListener(name, () => (touchedMs = Date.now()), { capture: true, passive: true });
}

export const isUnattended = (): boolean => Date.now() - touchedMs > attendedForMs;
