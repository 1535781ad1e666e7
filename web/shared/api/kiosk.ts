/** The calls of a kiosk: pairing without credentials, then its own view with the token of the pairing. */
import { createApi, type ApiOptions } from "./client";
import type { KioskEmergency, KioskTicket, KioskView, Pairing, PairingState } from "./types";

export function kioskApi(token: string, options: Omit<ApiOptions, "bearer" | "csrf"> = {}) {
  const api = createApi({ ...options, bearer: () => token });
  return {
    view: (signal?: AbortSignal) => api.get<KioskView>("/kiosk", undefined, signal),
    ticket: (consultationId: string) => api.post<KioskTicket>("/kiosk/tickets", { consultation_id: consultationId }),
    /** `key` names the press: sent again, it is the same call. */
    callEmergency: (key: string) => api.post<KioskTicket & { emergency: KioskEmergency }>("/kiosk/emergencies", { key }),
    hangUp: (id: string) => api.delete<void>(`/kiosk/emergencies/${encodeURIComponent(id)}`),
  };
}

export type KioskApi = ReturnType<typeof kioskApi>;

/** Starting a pairing needs no credentials; asking how it stands needs the secret that the start gave. */
export function pairingApi(options: Omit<ApiOptions, "bearer" | "csrf"> = {}) {
  let secret: string | null = null;
  const api = createApi({ ...options, bearer: () => secret });
  return {
    start: async (): Promise<Pairing> => {
      secret = null;
      const pairing = await api.post<Pairing>("/kiosk/pairings");
      secret = pairing.secret;
      return pairing;
    },
    state: (id: string, signal?: AbortSignal) => api.get<PairingState>(`/kiosk/pairings/${encodeURIComponent(id)}`, undefined, signal),
  };
}

export type PairingApi = ReturnType<typeof pairingApi>;
