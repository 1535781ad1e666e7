/** Which page the machine shows, and the pages that a fault leads to, with the code that the help desk looks up. */
import { ApiError, type IceServer } from "../shared/api";
import { remembered } from "../shared/call/memory";
import type { Memory } from "../shared/session/ports";
import type { End } from "../shared/session/session";
import { t as emergency } from "./emergency_words";
import type { TroubleWords } from "./trouble";
import { t } from "./words";

export interface InCall {
  name: "call";
  ticket: string;
  memory: Memory | null;
  consultation?: string;
  iceServers?: readonly IceServer[] | undefined;
}
export interface InTrouble {
  name: "trouble";
  words: TroubleWords;
  untilMs: number;
  again?: (() => void) | undefined;
}
export type Page = { name: "idle" | "check" | "help" | "joining" } | InCall | InTrouble;

export function firstPage(): Page {
  const memory = remembered();
  return memory ? { name: "call", ticket: memory.ticket, memory } : { name: "idle" };
}

const troubleStaysMs = 30_000;
const trouble = (words: TroubleWords, again?: () => void): Page => ({ name: "trouble", words, untilMs: Date.now() + troubleStaysMs, again });
const refusal = (error: unknown) => (error instanceof ApiError ? error : null);

export function refusedPage(error: unknown): Page {
  const refused = refusal(error);
  return trouble({ title: t("refusedTitle"), doing: refused?.message ?? t("refusedDoing"), can: refused?.action || t("refusedDo"), code: `K2-${refused?.code ?? "0"}` });
}

export function endedPage(end: End): Page {
  return trouble({ title: t("callTitle"), doing: end.message ?? t("callDoing"), can: end.action || t("refusedDo"), code: `K3-${end.code ?? "0"}` });
}

export function nobodyCalledPage(error: unknown, again: () => void): Page {
  const refused = refusal(error);
  return trouble({ title: emergency("failedTitle"), doing: refused?.message ?? emergency("failedDoing"), can: emergency("failedDo"), code: `K4-${refused?.code ?? "0"}` }, again);
}
