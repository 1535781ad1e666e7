/** What the REST interface speaks about. Times are RFC 3339 in UTC, ids short random strings. */
import type { IceServer, Role } from "../protocol/messages";

export type { IceServer, Role };
export type Kind = "scheduled" | "emergency" | "tele-exam" | "teaching";
export interface Named {
  id: string;
  name: string;
}

export interface ConsultationParticipant {
  id: string;
  name: string;
  role: Role;
  user_id?: string;
  place?: string;
}
export interface PatientSummary {
  id: string;
  identifier: { system: string; value: string };
  name: string;
  birth_date?: string;
  sex?: "male" | "female" | "other" | "unknown";
}
export interface Consultation {
  id: string;
  kind: Kind;
  title: string;
  state: "booked" | "open" | "ended" | "cancelled";
  starts_at: string;
  ends_at: string;
  started_at?: string;
  ended_at?: string;
  room?: Named;
  site?: Named;
  patient?: PatientSummary;
  participants: ConsultationParticipant[];
  live?: { participants: number; recording: boolean };
}

/** GET /join, for the pre-join page. */
export interface JoinInfo {
  consultation: Pick<Consultation, "title" | "starts_at" | "ends_at" | "kind" | "state"> & { room?: Named | string; site?: Named | string };
  participant: { id: string; name: string; role: Role };
  present: number;
  ice_servers?: IceServer[];
}
