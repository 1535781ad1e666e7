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
  stillTaken: "Chụp ảnh",
  fileReceived: "Nhận ảnh hoặc tệp",
  fileRefused: "Không nhận tệp",
  fileRead: "Xem ảnh hoặc tệp",
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
  stillTaken: "Still taken",
  fileReceived: "Still or file received",
  fileRefused: "File refused",
  fileRead: "Still or file read",
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
  "still.take": "stillTaken",
  "file.receive": "fileReceived",
  "file.refuse": "fileRefused",
  "file.read": "fileRead",
  "webhook.rotate": "secretChanged",
};
const things = ["consultation", "user", "patient", "room", "site", "kiosk", "recording", "delivery", "token", "webhook", "session"] as const;

/** "room.create" → "Thêm phòng". */
export function auditAction(action: string): string {
  if (whole[action]) return t(whole[action]);
  const [thing = "", verb = ""] = action.split(".");
  const known = things.find((one) => one === thing);
  const word = verbs[verb];
  if (word && known) return `${t(word)} ${t(known)}`;
  return action;
}

const actorWord: Readonly<Record<string, Word>> = { user: "actorUser", participant: "actorParticipant", token: "actorToken", kiosk: "actorKiosk", nobody: "actorNobody" };

/** "user:u1" → who that is, by the names at hand; without one, what kind of actor it was. */
export function actorName(actor: string | null | undefined, names: ReadonlyMap<string, string>): string {
  const [kind = "", id = ""] = (actor ?? "").split(":");
  if (!actor) return t("actorServer");
  return names.get(id) ?? (actorWord[kind] ? t(actorWord[kind]) : actor);
}
