/** What the REST interface speaks about. Times are RFC 3339 in UTC, ids short random strings. */
import type { Language } from "../i18n";
import type { Calibration, IceServer, Mark, Participant, Role, Source } from "../protocol/messages";

export type { IceServer, Language, Role };
export type UserRole = "admin" | "doctor";
export type Kind = "scheduled" | "emergency" | "tele-exam" | "teaching";
export type ConsultationState = "booked" | "open" | "ended" | "cancelled";
export type SiteKind = "province" | "hospital" | "branch" | "clinic";
export type Sex = "male" | "female" | "other" | "unknown";
export type RecordingState = "recording" | "rendering" | "ready" | "failed";
export type DeliveryState = "waiting" | "delivering" | "delivered" | "failed";

export interface User {
  id: string;
  username: string;
  name: string;
  title?: string | null;
  role: UserRole;
  site_id?: string | null;
  language?: Language;
  active?: boolean;
}

export interface Session {
  csrf: string;
  user: User;
  must_change_password: boolean;
}

export interface Site {
  id: string;
  parent_id?: string | null;
  kind: SiteKind;
  name: string;
}

export interface Room {
  id: string;
  site_id: string;
  name: string;
  site_name?: string;
}

export interface Identifier {
  system: string;
  value: string;
}

export interface PatientInput {
  identifier: Identifier;
  name: string;
  birth_date?: string | null;
  sex?: Sex;
}

export interface Patient extends PatientInput {
  id: string;
}

export interface Named {
  id: string;
  name: string;
}

export interface ConsultationParticipant {
  id: string;
  name: string;
  role: Role;
  user_id?: string | null;
  place?: string | null;
}

export interface Consultation {
  id: string;
  kind: Kind;
  title: string;
  state: ConsultationState;
  starts_at: string;
  ends_at: string;
  started_at?: string | null;
  ended_at?: string | null;
  language?: Language;
  cancel_reason?: string | null;
  /** Why it was asked for, and what is known of the illness. */
  reason?: string | null;
  waiting_room?: boolean;
  room?: Named | null;
  site?: Named | null;
  patient?: Patient | null;
  participants: ConsultationParticipant[];
  live?: { participants: number; recording: boolean } | null;
}

export interface ConsultationInput {
  kind?: Kind;
  title: string;
  starts_at: string;
  ends_at: string;
  reason?: string;
  room_id?: string;
  waiting_room?: boolean;
  patient_id?: string;
  patient?: PatientInput;
  participants?: { name: string; role: Role; user_id?: string }[];
  language?: Language;
}

export interface ConsultationFilter {
  from?: string;
  to?: string;
  state?: string;
  room_id?: string;
  patient_id?: string;
  q?: string;
  limit?: number;
  cursor?: string;
}

export interface Ticket {
  ticket: string;
  url: string;
  participant_id: string;
  expires_at: string;
}

/** How a stay sounded and looked, as openapi.json describes it. */
export interface StayQuality {
  reports: number;
  mos?: { reports: number; mean: number; min: number; low_permille: number };
  freezes?: number;
  frozen_ms?: number;
  held_s?: { bandwidth?: number; source?: number; viewer?: number };
}

export interface WhyLine {
  cause: string;
  text: string;
}

/** One way of one person's media, now. */
export interface LineStats {
  kind: "call" | "whip" | "whep";
  state: "connecting" | "connected" | "disconnected";
  path?: { protocol: string; family: number } | null;
  rtt_ms?: number;
  estimate_bps?: number;
  down_loss_permille?: number;
  up_loss_permille?: number;
  why?: WhyLine;
  slots: { mid: string; kind: "audio" | "video"; state: string; why?: WhyLine }[];
}

export interface PersonStats {
  id: string;
  name: string;
  role: Role;
  place?: string;
  away?: boolean;
  waiting?: boolean;
  connection?: Participant["connection"];
  report?: { mos?: number; protocol?: string };
  lines: LineStats[];
}

export interface CallStats {
  consultation: string;
  participants: PersonStats[];
}

/** One real stay of one person: from joining to leaving. */
export interface Stay {
  id?: string;
  participant_id?: string;
  name?: string;
  role?: Role;
  joined_at: string;
  left_at?: string | null;
  reason?: string | null;
  quality?: StayQuality;
}

/** One word given or taken back, as it stands in the ledger. */
export interface ConsentEntry {
  id?: string;
  participant_id?: string;
  name?: string;
  purpose: string;
  granted: boolean;
  for_patient?: boolean;
  language?: Language;
  at: string;
}

export interface ChatEntry {
  participant_id?: string;
  name: string;
  text: string;
  at: string;
}

export interface RecordingFile {
  name: string;
  kind: "composed" | "track" | "poster" | "manifest" | "still";
  type: string;
  size: number;
  sha256: string;
  duration_ms?: number | null;
}

/** Whose a source in a recording is; participant is absent when nobody of that name is known any more. */
export interface RecordingTrack {
  track: string;
  kind: "audio" | "video";
  source: Source;
  file?: string;
  participant?: string;
}

export interface RecordingGap {
  track: string;
  from_ms: number;
  to_ms: number;
  cause: string;
}

export interface Recording {
  id: string;
  consultation_id: string;
  consultation_title?: string;
  state: RecordingState;
  started_at: string;
  ended_at?: string | null;
  progress?: number;
  error?: string | null;
  files?: RecordingFile[];
  tracks?: RecordingTrack[];
  gaps?: RecordingGap[];
}

/** A still or a file of the chat. */
export interface ConsultationFile {
  id: string;
  kind: "still" | "chat";
  state: "announced" | "uploading" | "ready" | "refused";
  participant: string;
  participant_name?: string;
  requested_by_name?: string;
  source?: Source;
  name?: string;
  type?: string;
  width?: number;
  height?: number;
  size?: number;
  received?: number;
  refusal?: string;
  created_at: string;
  marks?: { marks: Mark[]; calibration?: Calibration };
}

export interface MinutesText {
  record_number?: string;
  department?: string;
  /** YYYY-MM-DD. */
  treated_since?: string;
  /** Before the consultation. */
  diagnosis?: string;
  summary?: string;
  questions?: { id: string; question?: string; conclusion?: string }[];
  discussion?: string;
  conclusion?: string;
  treatment?: string;
  /** Participants' ids. */
  chair?: string;
  secretary?: string;
}

export interface MinutesPerson {
  id: string;
  name: string;
  role: Role;
  place?: string;
}

export interface MinutesSignature {
  part: "chair" | "secretary";
  participant: string;
  name: string;
  method: "account" | "ticket";
  at: string;
}

export interface AddendumText {
  kind: "correction" | "supplement";
  reason: string;
  text: string;
}

/** What corrects or supplements signed minutes, as its author signed it. */
export interface MinutesAddendum extends AddendumText {
  number: number;
  author: MinutesPerson;
  part: "chair" | "secretary";
  method: "account" | "ticket";
  signed_at: string;
  sha256: string;
}

/** The minutes of a consultation as they stand. */
export interface Minutes {
  version: number;
  state: "empty" | "draft" | "locked" | "signed";
  text: MinutesText;
  /** What was signed, or would be. */
  content: {
    people: (MinutesPerson & { stays: { joined_at: string; left_at?: string }[] })[];
    recording: { state: "none" | "made" | "failed"; files: { name: string; sha256: string }[] };
    stills: { id: string; sha256: string }[];
  };
  sha256?: string;
  written_by?: string;
  written_at?: string;
  final_at?: string;
  /** The participant one is; absent: one may only read. */
  me?: string;
  obstacle?: "not-ended" | "recording" | "patient";
  doctors: MinutesPerson[];
  signatures: MinutesSignature[];
  addenda: MinutesAddendum[];
  filing?: { state: DeliveryState; delivered_at?: string };
}

export interface Delivery {
  id: string;
  kind: "fhir" | "dicom" | "webhook";
  event: string;
  consultation_id?: string | null;
  consultation_title?: string;
  target: string;
  state: DeliveryState;
  attempts: number;
  next_attempt_at?: string | null;
  last_error?: string | null;
  delivered_at?: string | null;
  created_at: string;
}

export interface AuditEntry {
  id?: string;
  at: string;
  actor: string;
  action: string;
  object?: string | null;
  detail?: unknown;
  address?: string | null;
}

export interface Kiosk {
  id: string;
  name?: string | null;
  room: Named;
  site?: Named | string | null;
  paired_at?: string;
  last_seen_at?: string | null;
  online: boolean;
}

export interface Webhook {
  id: string;
  url: string;
  events: string[];
  secret?: string;
}

export interface ApiToken {
  id: string;
  name: string;
  created_at?: string;
  last_used_at?: string | null;
  token?: string;
}

export interface WorkerStatus {
  worker: number;
  pid?: number;
  state: "starting" | "running" | "waiting" | "draining" | "stopping";
  /** Share of a core that it uses, in thousandths. */
  cpu_permille?: number;
  rooms?: number;
  transports?: number;
}

export interface SystemStatus {
  version: string;
  /** Without it nothing is filed in a patient's record. */
  emr_configured?: boolean;
  pacs_configured?: boolean;
  /** Whether files of the chat go past a virus scanner. */
  scanner_configured?: boolean;
  workers: WorkerStatus[];
  live: { consultation: string; title: string; participants: Participant[]; recording: { state: string } }[];
  deliveries: { waiting: number; failed: number };
}

export interface Pairing {
  id: string;
  code: string;
  secret: string;
  expires_at: string;
}

export interface PairingState {
  state: "waiting" | "paired";
  token?: string;
  kiosk?: Kiosk;
}

/** Somebody's time on call; without a site it is for all rooms. */
export interface Shift {
  id: string;
  user_id: string;
  user_name: string;
  user_title?: string;
  site_id?: string;
  site_name?: string;
  specialty?: string;
  starts_at: string;
  ends_at: string;
}

export interface ShiftInput {
  user_id: string;
  site_id: string | null;
  specialty: string | null;
  starts_at: string;
  ends_at: string;
}

/** An emergency call that rings at whoever asks. */
export interface Ringing {
  id: string;
  consultation_id: string;
  room_name: string;
  site_name: string;
  called_at: string;
}

export interface KioskTicket {
  ticket: string;
  ice_servers?: IceServer[];
}

/** A room's own emergency call: who is called, and how it stands. */
export interface KioskEmergency {
  id: string;
  consultation_id: string;
  called_at: string;
  state: "ringing" | "answered" | "unanswered";
  /** 0: those on call for the room; 1: those on call elsewhere too; 2: everybody. */
  wave: number;
  /** People who can hear it ring at this moment. */
  heard: number;
  /** One of those called has come in. */
  arrived: boolean;
  people: { name: string; specialty?: string; place?: string; reachable: boolean; state: "ringing" | "answered" | "declined" }[];
}

/** What a room is rung for: doctors wait in a consultation of it, or (nobody is there yet) an emergency is booked for now. */
export interface KioskRing {
  consultation_id: string;
  kind: Kind;
  title: string;
  doctors: { name: string; place?: string }[];
  /** When the last of them came. */
  since: string;
}

/** What a kiosk sees of its own room. */
export interface KioskView {
  kiosk: Kiosk;
  now: string;
  help_phone?: string | null;
  emergency_phone?: string | null;
  emergency?: KioskEmergency | null;
  /** The most urgent first. */
  rings?: KioskRing[];
  next?: Consultation | null;
  today: Consultation[];
}

/** GET /join, for the pre-join page. */
export interface JoinInfo {
  consultation: Pick<Consultation, "id" | "title" | "starts_at" | "ends_at" | "kind" | "state"> & { room?: Named | string; site?: Named | string };
  participant: { id: string; name: string; role: Role };
  present: number;
  ice_servers?: IceServer[];
}
