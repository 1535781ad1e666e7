/** The call as a consult room has it: five buttons, back to the idle page by itself when it is over. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Call, CallController, tellHappening } from "../shared/call";
import type { IceServer } from "../shared/api";
import { rememberer } from "../shared/call/memory";
import { LoadingState } from "../shared/ui";
import type { LocalMedia } from "../shared/media/local";
import type { Memory } from "../shared/session/ports";
import type { End } from "../shared/session/session";
import { useRoomMedia } from "./check";
import { focusPrimary } from "./keys";
import { t } from "./words";

interface CallPageProps {
  ticket: string;
  memory: Memory | null;
  iceServers: readonly IceServer[] | undefined;
  /** With the consultation's id, when it was ever in it. */
  onEnd: (end: End, consultation: string | undefined) => void;
}

function Running({ ticket, memory, iceServers, local, onEnd }: CallPageProps & { local: LocalMedia }) {
  const [call] = useState(() => new CallController({ ticket, local, memory, iceServers, remember: rememberer, onHappening: tellHappening }));
  const ended = useRef(onEnd); // what it does then looks at what is known then
  ended.current = onEnd;
  useEffect(() => {
    const unsubscribe = call.session.subscribe(({ phase, end, room }) => {
      if (phase === "ended" && end) ended.current(end, room?.consultation.id);
    });
    const away = () => call.close();
    addEventListener("pagehide", away);
    call.start();
    focusPrimary();
    return () => {
      unsubscribe();
      removeEventListener("pagehide", away);
      call.close();
    };
  }, [call]);
  return <Call call={call} variant="kiosk" />;
}

export function CallPage(props: CallPageProps) {
  const { local, opened } = useRoomMedia();
  if (!opened) return <LoadingState>{t("joining")}</LoadingState>;
  return <Running {...props} local={local} />;
}
