export * from "./types";
export { ApiError, createApi, networkCode, queryString, retryAfterSeconds, wordsOf } from "./client";
export type { Api, ApiOptions, Page, Problem, Query } from "./client";
export { adminApi, type AdminApi, type EmergencyPort, type ListQuery } from "./admin";
export { kioskApi, pairingApi, type KioskApi, type PairingApi } from "./kiosk";
export { minutesPort, type MinutesAnswer, type MinutesPort } from "./minutes";
