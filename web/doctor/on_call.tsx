/** Whoever has signed in to the panel with this browser is called at a consultation's page too: while they are in one, the panel may be shut. */
import { useEffect, useState } from "preact/hooks";
import { adminApi } from "../shared/api";
import { isUnattended } from "../shared/attended";
import { Incoming } from "../shared/emergency/incoming";

/** Asked once: a patient's page, which nobody has signed in at, hears a no and asks no more. */
export function OnCall() {
  const [api] = useState(() => adminApi({ unattended: isUnattended }));
  const [signedIn, setSignedIn] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    api.session.current(stop.signal).then(() => setSignedIn(true), () => undefined);
    return () => stop.abort();
  }, [api]);
  return signedIn ? <Incoming port={api.emergencies} /> : null;
}
