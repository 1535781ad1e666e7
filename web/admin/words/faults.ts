/** Words for what the booking form finds wrong. */
import type { Fault } from "../booking";
import type { t } from "./consultation";

export const faultWord: Record<Fault, Parameters<typeof t>[0]> = {
  required: "faultRequired",
  "too-long": "faultTooLong",
  "bad-date": "faultBadDate",
  "bad-time": "faultBadTime",
  past: "faultPast",
  "end-before-start": "faultEndBeforeStart",
  "too-long-span": "faultTooLongSpan",
  "birth-in-future": "faultBirthInFuture",
};
