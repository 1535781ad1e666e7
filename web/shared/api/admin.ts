/** The panel's calls, one function each, by resource. */
import { minutesPort } from "./minutes";
import { createApi, type Api, type ApiOptions, type Page } from "./client";
import type {
  ApiToken,
  AuditEntry,
  CallStats,
  ChatEntry,
  ConsentEntry,
  Consultation,
  ConsultationFile,
  ConsultationFilter,
  ConsultationInput,
  Delivery,
  Kiosk,
  Language,
  Patient,
  PatientInput,
  Recording,
  Ringing,
  Role,
  Room,
  Session,
  Shift,
  ShiftInput,
  Site,
  Stay,
  SystemStatus,
  Ticket,
  User,
  Webhook,
} from "./types";

export interface ListQuery {
  q?: string;
  cursor?: string;
  limit?: number;
  [key: string]: string | number | undefined;
}

/** list, read, make, change, remove: what every plain resource has. */
function resource<T extends { id: string }, Input = Omit<T, "id">, Made = T>(api: Api, path: string) {
  const at = (id: string) => `${path}/${encodeURIComponent(id)}`;
  return {
    list: (query: ListQuery = {}, signal?: AbortSignal) => api.get<Page<T>>(path, query, signal),
    get: (id: string, signal?: AbortSignal) => api.get<T>(at(id), undefined, signal),
    create: (input: Partial<Input>) => api.post<Made>(path, input),
    update: (id: string, change: Partial<Input>) => api.patch<T>(at(id), change),
    remove: (id: string) => api.delete<void>(at(id)),
  };
}

function session(api: Api, useCsrf: (token: string) => void) {
  const keep = (session: Session): Session => {
    useCsrf(session.csrf);
    return session;
  };
  return {
    current: async (signal?: AbortSignal) => keep(await api.get<Session>("/session", undefined, signal)),
    signIn: async (username: string, password: string) => keep(await api.post<Session>("/session", { username, password })),
    signOut: () => api.delete<void>("/session"),
    setLanguage: (language: Language) => api.put<unknown>("/session", { language }),
    changePassword: (current: string, fresh: string) =>
      api.put<Session | undefined>("/session/password", { current, new: fresh }),
  };
}

function consultations(api: Api) {
  const at = (id: string, rest = "") => `/consultations/${encodeURIComponent(id)}${rest}`;
  const part = <T>(rest: string) => (id: string, signal?: AbortSignal) => api.get<Page<T>>(at(id, rest), undefined, signal);
  return {
    list: (filter: ConsultationFilter = {}, signal?: AbortSignal) =>
      api.get<Page<Consultation>>("/consultations", { ...filter }, signal),
    get: (id: string, signal?: AbortSignal) => api.get<Consultation>(at(id), undefined, signal),
    book: (input: ConsultationInput) => api.post<Consultation>("/consultations", input),
    update: (id: string, change: Partial<ConsultationInput>) => api.patch<Consultation>(at(id), change),
    namePatient: (id: string, input: { patient_id: string } | { patient: PatientInput }) => api.put<void>(at(id, "/patient"), input),
    cancel: (id: string, reason: string) => api.post<Consultation>(at(id, "/cancel"), { reason }),
    end: (id: string) => api.post<Consultation>(at(id, "/end")),
    ticket: (id: string, participantId: string) =>
      api.post<Ticket>(at(id, "/tickets"), { participant_id: participantId }),
    invite: (id: string, participant: { name: string; role: Role }) =>
      api.post<Ticket>(at(id, "/tickets"), { participant }),
    stays: part<Stay>("/sessions"),
    stats: (id: string, signal?: AbortSignal) => api.get<CallStats>(at(id, "/stats"), undefined, signal),
    consents: part<ConsentEntry>("/consents"),
    recordings: part<Recording>("/recordings"),
    deliveries: part<Delivery>("/deliveries"),
    chat: part<ChatEntry>("/chat"),
    files: part<ConsultationFile>("/files"),
    /** For <img src> and downloads: the cookie goes with it. */
    fileUrl: (id: string, file: string, what: "content" | "thumbnail") => `/api/v1${at(id, `/files/${encodeURIComponent(file)}/${what}`)}`,
    audit: part<AuditEntry>("/audit"),
    minutes: (id: string) => minutesPort(api, id),
  };
}

function users(api: Api) {
  type Made = User & { one_time_password: string };
  return {
    ...resource<User, Omit<User, "id">, Made>(api, "/users"),
    resetPassword: (id: string) =>
      api.post<{ one_time_password: string }>(`/users/${encodeURIComponent(id)}/password-reset`),
  };
}

function recordings(api: Api) {
  return {
    list: (query: ListQuery = {}, signal?: AbortSignal) => api.get<Page<Recording>>("/recordings", query, signal),
    get: (id: string, signal?: AbortSignal) =>
      api.get<Recording>(`/recordings/${encodeURIComponent(id)}`, undefined, signal),
    /** For <video src> and downloads: the cookie goes with it. */
    fileUrl: (id: string, name: string) =>
      `/api/v1/recordings/${encodeURIComponent(id)}/files/${encodeURIComponent(name)}`,
  };
}

function deliveries(api: Api) {
  const at = (id: string) => `/deliveries/${encodeURIComponent(id)}`;
  return {
    list: (query: ListQuery = {}, signal?: AbortSignal) => api.get<Page<Delivery>>("/deliveries", query, signal),
    get: (id: string, signal?: AbortSignal) => api.get<Delivery>(at(id), undefined, signal),
    retry: (id: string) => api.post<Delivery>(`${at(id)}/retry`),
  };
}

function kiosks(api: Api) {
  return {
    list: (signal?: AbortSignal) => api.get<Page<Kiosk>>("/kiosks", undefined, signal),
    pair: (input: { code: string; room_id: string; name?: string }) => api.post<Kiosk>("/kiosks", input),
    unpair: (id: string) => api.delete<void>(`/kiosks/${encodeURIComponent(id)}`),
  };
}

function emergencies(api: Api) {
  const at = (id: string, deed: string) => `/emergencies/${encodeURIComponent(id)}/${deed}`;
  return {
    ringing: (signal?: AbortSignal) => api.get<Page<Ringing>>("/emergencies", undefined, signal),
    answer: (id: string) => api.post<Ticket>(at(id, "answer")),
    decline: (id: string) => api.post<void>(at(id, "decline")),
  };
}

export type EmergencyPort = ReturnType<typeof emergencies>;

/** People sign in with a cookie; its CSRF token is learnt at sign-in, kept here and sent back on every write. */
export function adminApi(options: Omit<ApiOptions, "bearer" | "csrf"> = {}) {
  let csrf: string | null = null;
  const api = createApi({ ...options, csrf: () => csrf });
  return {
    session: session(api, (token) => (csrf = token)),
    consultations: consultations(api),
    users: users(api),
    sites: resource<Site>(api, "/sites"),
    rooms: resource<Room>(api, "/rooms"),
    patients: resource<Patient, PatientInput>(api, "/patients"),
    webhooks: resource<Webhook>(api, "/webhooks"),
    tokens: resource<ApiToken>(api, "/tokens"),
    recordings: recordings(api),
    deliveries: deliveries(api),
    kiosks: kiosks(api),
    emergencies: emergencies(api),
    shifts: resource<Shift, ShiftInput>(api, "/shifts"),
    audit: {
      list: (query: ListQuery = {}, signal?: AbortSignal) => api.get<Page<AuditEntry>>("/audit", query, signal),
    },
    status: {
      get: (signal?: AbortSignal) => api.get<SystemStatus>("/status", undefined, signal),
      drain: (worker: number) => api.post<unknown>(`/workers/${worker}/drain`),
    },
  };
}

export type AdminApi = ReturnType<typeof adminApi>;
