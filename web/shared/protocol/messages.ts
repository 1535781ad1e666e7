/* Made from signaling/protocol.schema.json by `npm run protocol`. Do not edit. */

export type Name = string;
export type Id = number;
export type Time = string;
export type Language = "vi" | "en";
/**
 * captions: no person but the operator's own service, which hears who agreed and writes down what they say
 */
export type Role = "host" | "specialist" | "doctor" | "patient" | "interpreter" | "observer" | "kiosk" | "captions";
export type Source =
  | "camera"
  | "microphone"
  | "screen"
  | "screen-audio"
  | "exam"
  | "document"
  | "dermatoscope"
  | "ultrasound"
  | "stethoscope"
  | "room";
export type Right =
  | "publish"
  | "chat"
  | "record"
  | "consent"
  | "waiting"
  | "admit"
  | "invite"
  | "mute"
  | "remove"
  | "lock"
  | "hand-over"
  | "end"
  | "sources"
  | "cameras"
  | "stills"
  | "side-talk"
  | "interpret"
  | "caption";
/**
 * floor: everybody's; interpreter: for those who listen to it
 */
export type Channel = "floor" | "interpreter";
export type Purpose = "take-part" | "record" | "observers" | "photographs" | "captions";
/**
 * x, y, x, y … in the picture's pixels
 *
 * @maxItems 400
 */
export type Points = number[];
export type ClientMessage =
  | Join
  | Resume
  | Offer
  | State
  | View
  | Leave
  | Record
  | ConsentAnswer
  | Chat
  | Moderate
  | Side
  | SourceAsk
  | SourceDecline
  | CameraMove
  | CameraPreset
  | CameraRelease
  | Quality
  | Ping
  | AskStill
  | StillTaken
  | StillFailed
  | StillScale
  | PutMark
  | RemoveMark
  | Point
  | CaptionsLine;
export type ServerMessage =
  | Joined
  | Answer
  | Slots
  | SlotsWanted
  | ParticipantChanged
  | Gone
  | Speaker
  | RecordingChanged
  | ChatLine
  | Muted
  | Invited
  | Told
  | Rights
  | Consents
  | SideChanged
  | SourceAsked
  | SourceDeclined
  | CameraMoved
  | CameraPresetAsked
  | Focus
  | Wanted
  | Admitted
  | Locked
  | Link
  | Renew
  | Restart
  | Speech
  | Uplink
  | Moved
  | Ended
  | Ok
  | Pong
  | Error
  | Stills
  | StillChanged
  | MarkChanged
  | MarkGone
  | Pointed
  | CaptionsShown;

export interface Protocol {
  Name?: Name;
  Id?: Id;
  Time?: Time;
  Language?: Language;
  Role?: Role;
  Source?: Source;
  Right?: Right;
  Channel?: Channel;
  OfferedSource?: OfferedSource;
  Camera?: Camera;
  ConsentWord?: ConsentWord;
  Purpose?: Purpose;
  Track?: Track;
  Participant?: Participant;
  Consent?: Consent;
  Recording?: Recording;
  Slot?: Slot;
  Why?: Why;
  IceServer?: IceServer;
  Consultation?: Consultation;
  Points?: Points;
  Mark?: Mark;
  Calibration?: Calibration;
  Still?: Still;
  ChatFile?: ChatFile;
  Join?: Join;
  Resume?: Resume;
  Offer?: Offer;
  State?: State;
  View?: View;
  Leave?: Leave;
  Record?: Record;
  ConsentAnswer?: ConsentAnswer;
  Chat?: Chat;
  Moderate?: Moderate;
  SourceAsk?: SourceAsk;
  SourceDecline?: SourceDecline;
  CameraMove?: CameraMove;
  CameraPreset?: CameraPreset;
  CameraRelease?: CameraRelease;
  Side?: Side;
  Quality?: Quality;
  Ping?: Ping;
  AskStill?: AskStill;
  StillTaken?: StillTaken;
  StillFailed?: StillFailed;
  StillScale?: StillScale;
  PutMark?: PutMark;
  RemoveMark?: RemoveMark;
  Point?: Point;
  CaptionsLine?: CaptionsLine;
  Joined?: Joined;
  Answer?: Answer;
  Slots?: Slots;
  SlotsWanted?: SlotsWanted;
  ParticipantChanged?: ParticipantChanged;
  Gone?: Gone;
  Speaker?: Speaker;
  RecordingChanged?: RecordingChanged;
  ChatLine?: ChatLine;
  Stills?: Stills;
  StillChanged?: StillChanged;
  MarkChanged?: MarkChanged;
  MarkGone?: MarkGone;
  Pointed?: Pointed;
  CaptionsShown?: CaptionsShown;
  Muted?: Muted;
  Invited?: Invited;
  Told?: Told;
  Rights?: Rights;
  Consents?: Consents;
  SideState?: SideState;
  SideChanged?: SideChanged;
  SourceAsked?: SourceAsked;
  SourceDeclined?: SourceDeclined;
  CameraMoved?: CameraMoved;
  CameraPresetAsked?: CameraPresetAsked;
  Focus?: Focus;
  Wanted?: Wanted;
  Admitted?: Admitted;
  Locked?: Locked;
  Link?: Link;
  Renew?: Renew;
  Speech?: Speech;
  Uplink?: Uplink;
  Restart?: Restart;
  Moved?: Moved;
  Ended?: Ended;
  Ok?: Ok;
  Pong?: Pong;
  Error?: Error;
  ClientMessage?: ClientMessage;
  ServerMessage?: ServerMessage;
}
/**
 * What a seat could send if asked.
 */
export interface OfferedSource {
  source: Source;
  label?: string;
}
/**
 * A camera of a seat that turns from afar; hand: who turns it now.
 */
export interface Camera {
  source: Source;
  pan?: boolean;
  tilt?: boolean;
  zoom?: boolean;
  /**
   * @maxItems 8
   */
  presets?: {
    name: string;
  }[];
  hand?: Name;
}
export interface ConsentWord {
  participant: Name;
  purpose: Purpose;
  granted: boolean;
  for_patient?: boolean;
}
export interface Track {
  track: Name;
  kind: "audio" | "video";
  source: Source;
  label?: string;
  muted?: boolean;
}
export interface Participant {
  id: Name;
  name: string;
  role: Role;
  place?: string;
  joined_at?: Time;
  microphone: boolean;
  camera: boolean;
  hand?: boolean;
  waiting?: boolean;
  /**
   * the patient beside does not take part: nothing of this seat is sent to anybody
   */
  held?: boolean;
  speaks?: Channel;
  listens?: Channel;
  offers?: OfferedSource[];
  cameras?: Camera[];
  /**
   * signaling lost, media may still flow
   */
  away?: boolean;
  connection?: "good" | "fair" | "poor" | "lost";
  /**
   * @maxItems 16
   */
  tracks: Track[];
}
export interface Consent {
  participant: Name;
  granted: boolean | null;
}
export interface Recording {
  state: "off" | "asking" | "on" | "failed";
  since?: Time;
  requested_by?: Name;
  /**
   * why it is off again
   */
  reason?: "declined" | "withdrawn" | "stopped" | "fault" | "ended";
  consents?: Consent[];
}
export interface Slot {
  mid: string;
  kind?: "audio" | "video";
  participant?: Name | null;
  track?: Name | null;
  source?: Source;
  state: "empty" | "waiting" | "live" | "paused" | "stills" | "stopped";
  reason?: "bandwidth" | "source" | "viewer";
  width?: number;
  height?: number;
  why?: Why;
}
/**
 * Why something is less than asked for: a cause for programs, one line for the reader in its language.
 */
export interface Why {
  cause:
    | "viewer-lost"
    | "source-lost"
    | "source-off"
    | "hidden"
    | "source-loss"
    | "source-slow"
    | "source-silent"
    | "held"
    | "stills"
    | "smaller"
    | "viewer-loss"
    | "viewer-slow"
    | "server-busy"
    | "server-starved"
    | "line-lost"
    | "line-up-loss"
    | "line-down-loss"
    | "line-narrow"
    | "line-delay"
    | "line-slow"
    | "line-detour";
  text: string;
}
export interface IceServer {
  urls: string[];
  username?: string;
  credential?: string;
}
export interface Consultation {
  id: Name;
  title: string;
  kind: "scheduled" | "emergency" | "tele-exam" | "teaching";
  starts_at?: Time;
  ends_at?: Time;
  started_at?: Time;
  room?: string;
  site?: string;
  locked?: boolean;
}
/**
 * pen: a line; arrow and measure: from, to; ellipse: two opposite corners of its box; text: where it begins.
 */
export interface Mark {
  id: Name;
  participant: Name;
  name: string;
  kind: "pen" | "arrow" | "ellipse" | "text" | "measure";
  points: Points;
  text?: string;
}
/**
 * A line on the picture whose true length somebody gave, and by what.
 */
export interface Calibration {
  participant: Name;
  name: string;
  points: Points;
  length_um: number;
  against: "ruler" | "coin" | "other";
}
/**
 * asking: its person has not said whether photographs may be taken. asked: the camera's seat takes it now. taken: a thumbnail is there, the full picture is on its way (progress in percent). ready: fetch it.
 */
export interface Still {
  id: Name;
  state: "asking" | "asked" | "taken" | "ready" | "failed";
  reason?: "declined" | "camera" | "timeout" | "left" | "fault";
  participant: Name;
  source: Source;
  by?: Name;
  at: Time;
  format?: "jpeg" | "png";
  width?: number;
  height?: number;
  size?: number;
  progress?: number;
  marks?: Mark[];
  calibration?: Calibration;
}
export interface ChatFile {
  id: Name;
  name: string;
  /**
   * its media type, as found in its first bytes
   */
  content: string;
  size: number;
}
/**
 * First message, with a ticket → joined. A participant that is already in is replaced (the older socket gets error replaced).
 */
export interface Join {
  type: "join";
  id: Id;
  ticket: string;
  language?: Language;
  client?: string;
}
/**
 * First message after a dropped socket, with the token of joined → joined with media 'keep' (the peer connection goes on) or 'new' (make a new one).
 */
export interface Resume {
  type: "resume";
  id: Id;
  token: string;
  language?: Language;
}
/**
 * The client's offer → answer. generation counts up with each new RTCPeerConnection; a higher one replaces the transport, the same one renegotiates (more tracks, more slots, ICE restart). tracks names what is sent on each sending m-line.
 */
export interface Offer {
  type: "offer";
  id: Id;
  generation: number;
  sdp: string;
  /**
   * @maxItems 16
   */
  tracks: {
    mid: string;
    source: Source;
    label?: string;
  }[];
}
/**
 * What the participant has switched on; told to all as participant.
 */
export interface State {
  type: "state";
  microphone?: boolean;
  camera?: boolean;
  hand?: boolean;
  speaks?: Channel;
  listens?: Channel;
  /**
   * @maxItems 16
   */
  offers?: OfferedSource[];
  /**
   * @maxItems 16
   */
  cameras?: Camera[];
}
/**
 * What this viewer shows, in CSS pixels times device ratio; drives slots, layers and priorities. What is not listed is not shown. An absent view means: everybody's camera at 640x360.
 */
export interface View {
  type: "view";
  /**
   * @maxItems 64
   */
  items: {
    participant: Name;
    source: Source;
    width: number;
    height: number;
    pinned?: boolean;
  }[];
  max_bps?: number;
}
export interface Leave {
  type: "leave";
}
/**
 * Ask everyone for consent and then record, or stop → ok. Recording starts when all have agreed.
 */
export interface Record {
  type: "record";
  id: Id;
  action: "start" | "stop";
}
/**
 * One person's word for one purpose; granted false withdraws at any time → ok. With participant: a word for a device without a page, while it is asked, for whoever has the right consent.
 */
export interface ConsentAnswer {
  type: "consent";
  id: Id;
  purpose: Purpose;
  granted: boolean;
  /**
   * the word of the patient who sits beside this participant
   */
  for_patient?: boolean;
  participant?: Name;
  /**
   * with for_patient and granted false: that patient is not beside any more, and holds the seat back no longer
   */
  patient_left?: boolean;
  language?: Language;
}
export interface Chat {
  type: "chat";
  id: Id;
  text: string;
}
/**
 * For whoever has the right (rights.c) → ok. tell writes to one who waits outside (text); make-host hands the chair over.
 */
export interface Moderate {
  type: "moderate";
  id: Id;
  action: "mute" | "invite" | "remove" | "admit" | "admit-all" | "tell" | "lock" | "unlock" | "make-host" | "end";
  participant?: Name;
  text?: string;
}
/**
 * Asks a seat to send one of its sources, or to stop it → ok; the seat is told source.asked.
 */
export interface SourceAsk {
  type: "source.ask";
  id: Id;
  participant: Name;
  source: Source;
  action: "start" | "stop";
}
/**
 * The seat's no to who asked (participant) → ok.
 */
export interface SourceDecline {
  type: "source.decline";
  id: Id;
  participant: Name;
  source: Source;
}
/**
 * Turns a seat's camera → ok. In thousandths of its range: -1000 to 1000, zoom from 0; relative: added to where it is. busy while another has a hand on it.
 */
export interface CameraMove {
  type: "camera.move";
  id: Id;
  participant: Name;
  source: Source;
  pan?: number;
  tilt?: number;
  zoom?: number;
  relative?: boolean;
}
/**
 * Goes to a place the camera remembers, remembers one, forgets one → ok.
 */
export interface CameraPreset {
  type: "camera.preset";
  id: Id;
  participant: Name;
  source: Source;
  action: "go" | "save" | "remove";
  name: string;
}
/**
 * Takes the hand off a camera → ok.
 */
export interface CameraRelease {
  type: "camera.release";
  id: Id;
  participant: Name;
  source: Source;
}
/**
 * Doctors talk apart, the sender among them; or it is over → ok. Nobody else gets their tracks, nothing of it is journaled.
 */
export interface Side {
  type: "side";
  id: Id;
  action: "start" | "stop";
  /**
   * @maxItems 16
   */
  participants?: Name[];
}
/**
 * What the client measured since the last report (about every 5 s).
 */
export interface Quality {
  type: "quality";
  /**
   * of the sound that was played: made up because it was missing; absent while no sound came
   */
  concealed_permille?: number;
  /**
   * of packets, after retransmission
   */
  loss_permille?: number;
  rtt_ms?: number;
  jitter_ms?: number;
  /**
   * how long sound waited in the jitter buffer
   */
  buffer_ms?: number;
  freezes?: number;
  frozen_ms?: number;
  frames_decoded?: number;
  /**
   * came, but were not shown: the machine could not keep up
   */
  frames_dropped?: number;
  /**
   * what the client thinks that it can send
   */
  estimate_bps?: number;
  /**
   * what holds its own encoder back
   */
  limited?: "none" | "cpu" | "bandwidth" | "other";
  protocol?: "udp" | "tcp" | "turn-udp" | "turn-tcp" | "turn-tls";
}
export interface Ping {
  type: "ping";
  id: Id;
}
/**
 * Take a still of a source at its camera's full size → ok; then still, to all.
 */
export interface AskStill {
  type: "still";
  id: Id;
  participant: Name;
  source: Source;
  format?: "jpeg" | "png";
}
/**
 * From the camera's seat → ok, when the thumbnail (JPEG, at most 20 kB, base64) is kept; the full picture follows over HTTP (/api/v1/consultations/{id}/uploads).
 */
export interface StillTaken {
  type: "still.taken";
  id: Id;
  still: Name;
  width: number;
  height: number;
  thumbnail: string;
}
/**
 * The camera gave no picture → ok.
 */
export interface StillFailed {
  type: "still.failed";
  id: Id;
  still: Name;
}
/**
 * How long the line on the picture (four numbers) really is → ok; then still, to all.
 */
export interface StillScale {
  type: "still.scale";
  id: Id;
  still: Name;
  points: Points;
  length_um: number;
  against: "ruler" | "coin" | "other";
}
/**
 * Draws on a still, or draws one's own mark anew; told to all as mark. No answer but an error.
 */
export interface PutMark {
  type: "mark";
  still: Name;
  mark: Name;
  kind: "pen" | "arrow" | "ellipse" | "text" | "measure";
  points: Points;
  text?: string;
}
/**
 * One's own mark; without one named, all of the still.
 */
export interface RemoveMark {
  type: "mark.remove";
  still: Name;
  mark?: Name;
}
/**
 * Where one points on a still, for a moment; without x and y no longer.
 */
export interface Point {
  type: "pointer";
  still: Name;
  x?: number;
  y?: number;
}
/**
 * What somebody is saying, by the captions service; sent again with the same line it takes its place, until final. Those who hear the speaker get it.
 */
export interface CaptionsLine {
  type: "captions.line";
  participant: Name;
  line: number;
  text: string;
  final?: boolean;
}
/**
 * The whole state, after join and after resume. slots: how many recvonly transceivers of each kind to offer; more later by slots.wanted. waiting: the host has to admit first, no offer before a joined without it.
 */
export interface Joined {
  type: "joined";
  id: Id;
  me: Name;
  token: string;
  media: "new" | "keep";
  waiting?: boolean;
  /**
   * what this participant may do now; later by rights
   */
  rights?: Right[];
  consultation: Consultation;
  participants: Participant[];
  slots: {
    audio: number;
    video: number;
  };
  ice_servers?: IceServer[];
  recording: Recording;
  consents?: ConsentWord[];
  side?: SideState;
  chat?: ChatLine[];
  now: Time;
}
export interface SideState {
  participants: Name[];
  by?: Name;
}
export interface ChatLine {
  type: "chat";
  participant: Name;
  name: string;
  text: string;
  at: Time;
  file?: ChatFile;
}
/**
 * To offer. slots lists the receiving m-lines that the server feeds.
 */
export interface Answer {
  type: "answer";
  id: Id;
  generation: number;
  sdp: string;
  slots: Slot[];
}
/**
 * What flows in the slots named here has changed; the others are as before.
 */
export interface Slots {
  type: "slots";
  slots: Slot[];
}
/**
 * The room has outgrown the slots: add recvonly transceivers up to these numbers and offer again.
 */
export interface SlotsWanted {
  type: "slots.wanted";
  audio: number;
  video: number;
}
/**
 * Somebody came or changed.
 */
export interface ParticipantChanged {
  type: "participant";
  participant: Participant;
}
export interface Gone {
  type: "gone";
  participant: Name;
  reason?: "left" | "lost" | "removed";
}
export interface Speaker {
  type: "speaker";
  participant: Name | null;
}
/**
 * While asking, whoever has granted null for itself shows the consent question.
 */
export interface RecordingChanged {
  type: "recording";
  recording: Recording;
}
/**
 * All stills of the consultation with their marks, after joined and after admitted. consent: this participant's own last word on photographs.
 */
export interface Stills {
  type: "stills";
  stills: Still[];
  consent: boolean | null;
}
/**
 * A still is new or has changed; its marks, which are not in here, are as before. thumbnail: JPEG in base64, when it was taken.
 */
export interface StillChanged {
  type: "still";
  still: Still;
  thumbnail?: string;
}
export interface MarkChanged {
  type: "mark";
  still: Name;
  mark: Mark;
}
/**
 * Without a mark: all of the still.
 */
export interface MarkGone {
  type: "mark.gone";
  still: Name;
  participant: Name;
  mark?: Name;
}
export interface Pointed {
  type: "pointer";
  still: Name;
  participant: Name;
  name: string;
  x?: number;
  y?: number;
}
/**
 * What somebody who is heard here is saying, in words; the same line again takes its place.
 */
export interface CaptionsShown {
  type: "captions.line";
  participant: Name;
  line: number;
  text: string;
  final: boolean;
}
/**
 * The host asks this participant to be silent: switch the microphone off, say by whom.
 */
export interface Muted {
  type: "muted";
  by?: Name;
}
/**
 * Asked to speak: offer to switch the microphone on, say by whom.
 */
export interface Invited {
  type: "invited";
  by: Name;
}
/**
 * A word to one who waits outside.
 */
export interface Told {
  type: "told";
  name: string;
  text: string;
}
/**
 * What this participant may do now.
 */
export interface Rights {
  type: "rights";
  rights: Right[];
}
/**
 * Who has said what to which purpose, whole.
 */
export interface Consents {
  type: "consents";
  consents: ConsentWord[];
}
/**
 * Who talks apart now; nobody when the list is empty.
 */
export interface SideChanged {
  type: "side";
  participants: Name[];
  by?: Name;
}
/**
 * Somebody asks this seat for a source, or to stop it.
 */
export interface SourceAsked {
  type: "source.asked";
  by: Name;
  source: Source;
  action: "start" | "stop";
}
export interface SourceDeclined {
  type: "source.declined";
  by: Name;
  source: Source;
}
/**
 * Turn this camera (see camera.move).
 */
export interface CameraMoved {
  type: "camera.moved";
  by: Name;
  source: Source;
  pan?: number;
  tilt?: number;
  zoom?: number;
  relative?: boolean;
}
/**
 * See camera.preset; the seat keeps them.
 */
export interface CameraPresetAsked {
  type: "camera.preset.asked";
  by: Name;
  source: Source;
  action: "go" | "save" | "remove";
  name: string;
}
/**
 * Which of this seat's pictures a doctor examines: it gets the bits, the others give way. null: none.
 */
export interface Focus {
  type: "focus";
  source: Source | null;
}
/**
 * How large this picture of yours is shown by whoever shows it largest: a layer beyond that is sent to nobody. null: all there is is wanted.
 */
export interface Wanted {
  type: "wanted";
  source: Source;
  size: {
    width: number;
    height: number;
  } | null;
}
/**
 * Out of the waiting room: offer now.
 */
export interface Admitted {
  type: "admitted";
}
export interface Locked {
  type: "locked";
  locked: boolean;
}
/**
 * The server's view of this participant's line and why a picture is held.
 */
export interface Link {
  type: "link";
  connection: "good" | "fair" | "poor" | "lost";
  estimate_bps?: number;
  rtt_ms?: number;
  /**
   * on the way down, before repair
   */
  loss_permille?: number;
  /**
   * on the way up, before repair
   */
  up_loss_permille?: number;
  why?: Why;
  protocol?: "udp" | "tcp" | "turn-udp" | "turn-tcp" | "turn-tls";
}
/**
 * The transport is gone (its worker died, or it failed): make a new RTCPeerConnection and offer with a higher generation, now.
 */
export interface Renew {
  type: "renew";
  reason?: string;
}
/**
 * Somebody hears you over a thin line, or no longer does: send long packets of few bits (60 ms, 20 kbit/s), or as the answer says. No offer is wanted: it would not get through the line that this is for. The next answer says the same.
 */
export interface Speech {
  type: "speech";
  thin: boolean;
}
/**
 * Your own line carries very little, or clearly more again: small pictures, and seldom, leave room for sound. A browser may not tell it itself (Firefox), or too late.
 */
export interface Uplink {
  type: "uplink";
  thin: boolean;
}
/**
 * Restart ICE on the present peer connection.
 */
export interface Restart {
  type: "restart";
}
/**
 * The consultation lives on another node: connect there and join again.
 */
export interface Moved {
  type: "moved";
  url: string;
}
/**
 * The last message.
 */
export interface Ended {
  type: "ended";
  reason: "ended" | "removed" | "left" | "withdrawn" | "shutdown";
}
export interface Ok {
  type: "ok";
  id: Id;
}
export interface Pong {
  type: "pong";
  id: Id;
  now?: Time;
}
/**
 * What happened and what to do, in the participant's language. fatal: the socket closes after it and resuming is useless.
 */
export interface Error {
  type: "error";
  id?: Id;
  code:
    | "bad_message"
    | "unknown_type"
    | "too_large"
    | "too_many"
    | "not_joined"
    | "ticket_invalid"
    | "ticket_expired"
    | "token_expired"
    | "not_open"
    | "ended"
    | "locked"
    | "full"
    | "replaced"
    | "removed"
    | "bad_sdp"
    | "unsupported"
    | "cannot_show"
    | "not_allowed"
    | "not_found"
    | "no_consent"
    | "busy"
    | "at_capacity"
    | "draining"
    | "internal";
  message: string;
  action?: string;
  fatal?: boolean;
  /**
   * Trying again by itself is worth while after so many seconds; on a new socket if fatal.
   */
  retry_after_s?: number;
}
