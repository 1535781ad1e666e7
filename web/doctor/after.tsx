/** What is left to do when a consultation is over: its doctors write the minutes to their end, and sign. */
import { useEffect, useState } from "preact/hooks";
import { createApi, type JoinInfo } from "../shared/api";
import { MinutesAfter } from "../shared/call/minutes";
import { isDoctor } from "../shared/roles";

/** Nothing for whoever else took part. */
export function After({ ticket }: { ticket: string }) {
  const [info, setInfo] = useState<JoinInfo | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    createApi({ bearer: () => ticket }).get<JoinInfo>("/join", undefined, stop.signal).then(setInfo, () => undefined);
    return () => stop.abort();
  }, [ticket]);
  if (!info || !isDoctor(info.participant.role)) return null;
  return <MinutesAfter ticket={ticket} consultation={info.consultation.id} />;
}
