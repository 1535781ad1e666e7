/** Words for what the audit log names; an action without a word is shown as it is named. */
import { type Catalogue, translator } from "../../shared/i18n";

const vi = {
  signIn: "Đăng nhập",
  signInFailed: "Đăng nhập không thành công",
  signOut: "Đăng xuất",
  passwordChanged: "Đổi mật khẩu",
  passwordReset: "Cấp lại mật khẩu",
  created: "Thêm",
  updated: "Sửa",
  deleted: "Xóa",
  read: "Xem",
  booked: "Đặt lịch",
  cancelled: "Hủy",
  ended: "Kết thúc",
  ticket: "Cấp đường dẫn",
  download: "Tải tệp",
  paired: "Ghép máy",
  unpaired: "Bỏ ghép máy",
  retry: "Gửi lại",
  consent: "Đồng ý",
  consentRefused: "Không đồng ý hoặc rút lại",
  secretChanged: "Đổi khóa ký của webhook",
  recordingAsked: "Đề nghị ghi hình",
  recordingStarted: "Bắt đầu ghi",
  recordingStopped: "Dừng ghi",
  heldMute: "Tắt tiếng một người",
  heldInvite: "Mời một người nói",
  heldRemove: "Mời một người ra khỏi buổi",
  heldAdmit: "Cho vào từ phòng chờ",
  heldTell: "Nhắn cho người ở phòng chờ",
  heldLock: "Khóa phòng họp",
  heldUnlock: "Mở khóa phòng họp",
  heldHost: "Giao chủ tọa",
  heldHeir: "Nhận chủ tọa khi chủ tọa rời đi",
  heldEnd: "Kết thúc buổi cho tất cả",
  heldSource: "Xin một nguồn hình hoặc tiếng",
  heldSide: "Bắt đầu trao đổi riêng",
  heldSideEnd: "Kết thúc trao đổi riêng",
  stillTaken: "Chụp ảnh",
  fileReceived: "Nhận ảnh hoặc tệp",
  fileRefused: "Không nhận tệp",
  fileRead: "Xem ảnh hoặc tệp",
  fileThumbnail: "Xem ảnh thu nhỏ",
  referralRead: "Xem lý do hội chẩn",
  minutesRead: "Xem biên bản",
  minutesWritten: "Viết biên bản",
  minutesSigned: "Ký biên bản",
  minutesWithdrawn: "Rút chữ ký biên bản",
  minutesAddendum: "Ký bổ sung biên bản",
  recordFiled: "Gửi hồ sơ sang HSBA",
  patientNamed: "Điền người bệnh của buổi cấp cứu",
  emergencyCalled: "Phòng gọi cấp cứu",
  emergencyAnswered: "Nhận cuộc gọi cấp cứu",
  emergencyDeclined: "Từ chối cuộc gọi cấp cứu",
  emergencyHungUp: "Phòng thôi gọi cấp cứu",
  stillFiled: "Gửi ảnh sang PACS",
  actorUser: "Nhân viên đã xóa",
  actorParticipant: "Người tham gia",
  actorToken: "Phần mềm",
  actorKiosk: "Máy phòng hội chẩn",
  actorNobody: "Chưa đăng nhập",
  actorServer: "Máy chủ",
  consultation: "buổi hội chẩn",
  user: "nhân viên",
  patient: "người bệnh",
  room: "phòng",
  site: "cơ sở",
  kiosk: "máy phòng hội chẩn",
  recording: "bản ghi",
  delivery: "lần gửi",
  token: "mã truy cập API",
  webhook: "webhook",
  session: "phiên làm việc",
  shift: "ca trực",
} as const;

const en: Catalogue<typeof vi> = {
  signIn: "Signed in",
  signInFailed: "Sign-in failed",
  signOut: "Signed out",
  passwordChanged: "Password changed",
  passwordReset: "Password reset",
  created: "Created",
  updated: "Changed",
  deleted: "Removed",
  read: "Viewed",
  booked: "Booked",
  cancelled: "Cancelled",
  ended: "Ended",
  ticket: "Gave a link",
  download: "Downloaded a file",
  paired: "Paired a kiosk",
  unpaired: "Unpaired a kiosk",
  retry: "Sent again",
  consent: "Agreed",
  consentRefused: "Did not agree or withdrew",
  secretChanged: "Changed a webhook's secret",
  recordingAsked: "Asked to record",
  recordingStarted: "Recording started",
  recordingStopped: "Recording stopped",
  heldMute: "Muted somebody",
  heldInvite: "Invited somebody to speak",
  heldRemove: "Removed somebody from the call",
  heldAdmit: "Admitted from the waiting room",
  heldTell: "Wrote to somebody waiting",
  heldLock: "Locked the call",
  heldUnlock: "Unlocked the call",
  heldHost: "Handed the chair over",
  heldHeir: "Took the chair when the host left",
  heldEnd: "Ended the call for all",
  heldSource: "Asked a seat for a source",
  heldSide: "Began to talk apart",
  heldSideEnd: "Ended talking apart",
  stillTaken: "Still taken",
  fileReceived: "Still or file received",
  fileRefused: "File refused",
  fileRead: "Still or file read",
  fileThumbnail: "Small picture of a still seen",
  referralRead: "Referral read",
  minutesRead: "Minutes read",
  minutesWritten: "Minutes written",
  minutesSigned: "Minutes signed",
  minutesWithdrawn: "Signature on minutes withdrawn",
  minutesAddendum: "Addendum to minutes signed",
  recordFiled: "Record sent to the EMR",
  patientNamed: "Entered the patient of an emergency",
  emergencyCalled: "Room called in an emergency",
  emergencyAnswered: "Answered an emergency call",
  emergencyDeclined: "Declined an emergency call",
  emergencyHungUp: "Room took its emergency call back",
  stillFiled: "Still sent to the PACS",
  actorUser: "Removed user",
  actorParticipant: "Participant",
  actorToken: "Software",
  actorKiosk: "Room kiosk",
  actorNobody: "Not signed in",
  actorServer: "Server",
  consultation: "consultation",
  user: "staff",
  patient: "patient",
  room: "room",
  site: "site",
  kiosk: "room kiosk",
  recording: "recording",
  delivery: "delivery",
  token: "API token",
  webhook: "webhook",
  session: "session",
  shift: "shift on call",
};

const t = translator(vi, en);
type Word = Parameters<typeof t>[0];

const verbs: Readonly<Record<string, Word>> = {
  create: "created",
  change: "updated",
  delete: "deleted",
  remove: "deleted",
  read: "read",
  end: "ended",
  cancel: "cancelled",
  retry: "retry",
  revoke: "deleted",
  rotate: "updated",
};
const whole: Readonly<Record<string, Word>> = {
  "session.begin": "signIn",
  "session.refused": "signInFailed",
  "session.end": "signOut",
  "user.password": "passwordChanged",
  "user.password-reset": "passwordReset",
  "consultation.book": "booked",
  "ticket.create": "ticket",
  "kiosk.pair": "paired",
  "kiosk.remove": "unpaired",
  "consent.give": "consent",
  "consent.refuse": "consentRefused",
  "recording.ask": "recordingAsked",
  "recording.begin": "recordingStarted",
  "recording.stop": "recordingStopped",
  "recording.read": "download",
  "room.mute": "heldMute",
  "room.invite": "heldInvite",
  "room.remove": "heldRemove",
  "room.admit": "heldAdmit",
  "room.admit-all": "heldAdmit",
  "room.tell": "heldTell",
  "room.lock": "heldLock",
  "room.unlock": "heldUnlock",
  "room.make-host": "heldHost",
  "room.heir": "heldHeir",
  "room.end": "heldEnd",
  "room.source": "heldSource",
  "room.side-talk": "heldSide",
  "room.side-talk-end": "heldSideEnd",
  "still.take": "stillTaken",
  "file.receive": "fileReceived",
  "file.refuse": "fileRefused",
  "file.read": "fileRead",
  "file.thumbnail": "fileThumbnail",
  "referral.read": "referralRead",
  "minutes.read": "minutesRead",
  "minutes.write": "minutesWritten",
  "minutes.sign": "minutesSigned",
  "minutes.withdraw": "minutesWithdrawn",
  "minutes.addendum": "minutesAddendum",
  "record.file": "recordFiled",
  "consultation.patient": "patientNamed",
  "emergency.call": "emergencyCalled",
  "emergency.answer": "emergencyAnswered",
  "emergency.decline": "emergencyDeclined",
  "emergency.hang-up": "emergencyHungUp",
  "still.file": "stillFiled",
  "webhook.rotate": "secretChanged",
};
const things = ["consultation", "user", "patient", "room", "site", "kiosk", "recording", "delivery", "token", "webhook", "session", "shift"] as const;

/** "room.create" → "Thêm phòng". */
export function auditAction(action: string): string {
  if (whole[action]) return t(whole[action]);
  const [thing = "", verb = ""] = action.split(".");
  const known = things.find((one) => one === thing);
  const word = verbs[verb];
  if (word && known) return `${t(word)} ${t(known)}`;
  return action;
}

const actorWord: Readonly<Record<string, Word>> = { user: "actorUser", participant: "actorParticipant", token: "actorToken", kiosk: "actorKiosk", nobody: "actorNobody", system: "actorServer" };

/** "user:u1" → who that is, by the names at hand; without one, what kind of actor it was. */
export function actorName(actor: string | null | undefined, names: ReadonlyMap<string, string>): string {
  const [kind = "", id = ""] = (actor ?? "").split(":");
  if (!actor) return t("actorServer");
  return names.get(id) ?? (actorWord[kind] ? t(actorWord[kind]) : actor);
}

const pages: Readonly<Record<string, string>> = { consultation: "/consultations/" };

/** "user:u1" → who that is; "shift:abc" → "Ca trực abc", and where the panel shows it. The whole id stays: it is what one searches for. */
export function auditObject(object: string | null | undefined, names: ReadonlyMap<string, string>): { text: string; id: string; path?: string } {
  const [kind = "", id = ""] = (object ?? "").split(":");
  const known = things.find((one) => one === kind);
  if (!known || !id) return { text: object ?? "", id: "" };
  const name = names.get(id);
  if (name) return { text: name, id: "" };
  const word = t(known);
  const path = pages[kind];
  return { text: word.charAt(0).toLocaleUpperCase() + word.slice(1), id, ...(path ? { path: path + encodeURIComponent(id) } : {}) };
}
