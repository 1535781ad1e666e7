/** The minutes of one consultation over the REST interface. Each change names the version that it is based on. */
import type { Api } from "./client";
import type { AddendumText, Minutes, MinutesText } from "./types";

export interface MinutesAnswer {
  minutes: Minutes;
  etag: string;
}

export interface MinutesPort {
  /** Null when nothing has changed since `seen`. */
  load: (seen?: string) => Promise<MinutesAnswer | null>;
  save: (version: number, text: MinutesText) => Promise<MinutesAnswer>;
  sign: (version: number) => Promise<MinutesAnswer>;
  withdraw: (version: number) => Promise<MinutesAnswer>;
  /** Under the next number, to which it holds: the same sent again is written once. */
  addend: (number: number, addendum: AddendumText) => Promise<MinutesAnswer>;
  /** The minutes with their addenda, to be handed out. */
  print: () => Promise<Blob>;
}

export function minutesPort(api: Api, consultation: string): MinutesPort {
  const path = `/consultations/${encodeURIComponent(consultation)}/minutes`;
  const read = async (answer: Response): Promise<MinutesAnswer> => ({ minutes: (await answer.json()) as Minutes, etag: answer.headers.get("ETag") ?? "" });
  const based = (version: number) => ({ "If-Match": `"${version}"` });
  return {
    load: async (seen) => {
      const answer = await api.exchange("GET", path, undefined, seen ? { "If-None-Match": seen } : {});
      return answer.status === 304 ? null : read(answer);
    },
    save: async (version, text) => read(await api.exchange("PUT", path, text, based(version))),
    sign: async (version) => read(await api.exchange("POST", `${path}/signature`, {}, based(version))),
    withdraw: async (version) => read(await api.exchange("DELETE", `${path}/signature`, undefined, based(version))),
    addend: async (number, addendum) => read(await api.exchange("PUT", `${path}/addenda/${number}`, addendum)),
    print: async () => (await api.exchange("GET", `${path}/print`)).blob(),
  };
}
