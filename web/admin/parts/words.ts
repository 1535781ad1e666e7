/** Words for the values that the API speaks in: states, kinds, purposes. */
import type { Consultation, Kind, Role, Sex } from "../../shared/api";
import { common } from "../../shared/i18n";
import type { FilterChoice } from "./frame";
import { t } from "../words/consultation";

export const roles: readonly Role[] = ["host", "specialist", "doctor", "patient", "interpreter", "observer"];
export const kinds: readonly Kind[] = ["scheduled", "emergency", "tele-exam", "teaching"];
export const sexes: readonly Sex[] = ["female", "male", "other", "unknown"];
export const states: readonly Consultation["state"][] = ["booked", "open", "ended", "cancelled"];

const kindWord = { scheduled: "kindScheduled", emergency: "kindEmergency", "tele-exam": "kindTeleExam", teaching: "kindTeaching" } as const;
const stateWord = { booked: "stateBooked", open: "stateOpen", ended: "stateEnded", cancelled: "stateCancelled" } as const;
const sexWord = { male: "male", female: "female", other: "otherSex", unknown: "unknownSex" } as const;
const purposeWord: Record<string, Parameters<typeof t>[0]> = {
  "take-part": "purposeTakePart",
  record: "purposeRecord",
  observers: "purposeObservers",
  photographs: "purposePhotographs",
  captions: "purposeCaptions",
};

export const kindName = (kind: Kind) => common(kindWord[kind]);
export const stateName = (state: Consultation["state"]) => t(stateWord[state]);
export const sexName = (sex: Sex | undefined) => t(sexWord[sex ?? "unknown"]);
export const purposeName = (purpose: string) => (purposeWord[purpose] ? t(purposeWord[purpose]) : purpose);
export const languageName = (language: string | undefined) => common(language === "en" ? "english" : "vietnamese");

const systemWord: Record<string, Parameters<typeof t>[0]> = {
  "urn:vn:so-dinh-danh-ca-nhan": "systemPersonal",
  "urn:vn:so-the-bhyt": "systemInsurance",
  "urn:vn:ma-nguoi-benh": "systemHospital",
  other: "systemOther",
};
export const systemName = (system: string) => (systemWord[system] ? t(systemWord[system]) : system);

export function choicesOf<V extends string>(values: readonly V[], word: (value: V) => string): FilterChoice[] {
  return values.map((value) => ({ value, label: word(value) }));
}
