/** The call as the doctor has it. Loaded while the pre-join page is looked at. */
import { useEffect, useState } from "preact/hooks";
import { Call, CallController, tellHappening } from "../shared/call";
import type { IceServer } from "../shared/api/types";
import { stayAwake } from "../shared/pwa/wake";
import type { LocalMedia } from "../shared/media/local";
import type { Memory } from "../shared/session/ports";
import type { End } from "../shared/session/session";

export { Ended } from "../shared/call";

export interface Joining {
  ticket: string;
  local: LocalMedia;
  memory: Memory | null;
  remember: (memory: Memory | null) => void;
  thin: boolean;
  iceServers: readonly IceServer[] | undefined;
  onEnd: (end: End, title: string | undefined) => void;
}

export function CallPage({ ticket, local, memory, remember, thin, iceServers, onEnd }: Joining) {
  const [call] = useState(() => new CallController({ ticket, local, memory, remember, thin, iceServers, onHappening: tellHappening }));
  useEffect(() => {
    const unsubscribe = call.session.subscribe(({ phase, end, room }) => {
      if (phase !== "ended" || !end) return;
      local.close();
      onEnd(end, room?.consultation.title);
    });
    const away = () => call.close();
    // A page that comes back from the browser's memory has no call any more: load it, and it rejoins.
    const back = (event: PageTransitionEvent) => event.persisted && location.reload();
    addEventListener("pagehide", away);
    addEventListener("pageshow", back);
    const sleepAgain = stayAwake();
    call.start();
    return () => {
      unsubscribe();
      sleepAgain();
      removeEventListener("pagehide", away);
      removeEventListener("pageshow", back);
      call.close();
    };
  }, [call]);
  return <Call call={call} />;
}
