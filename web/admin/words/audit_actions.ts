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
  joined: "Vào phòng",
  left: "Rời phòng",
  download: "Tải tệp",
  paired: "Ghép máy",
  unpaired: "Bỏ ghép máy",
  retry: "Gửi lại",
  consent: "Ghi nhận đồng ý",
  recordingStarted: "Bắt đầu ghi",
  recordingStopped: "Dừng ghi",
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
  joined: "Joined",
  left: "Left",
  download: "Downloaded a file",
  paired: "Paired a kiosk",
  unpaired: "Unpaired a kiosk",
  retry: "Sent again",
  consent: "Consent noted",
  recordingStarted: "Recording started",
  recordingStopped: "Recording stopped",
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
  created: "created",
  update: "updated",
  updated: "updated",
  delete: "deleted",
  deleted: "deleted",
  remove: "deleted",
  read: "read",
  book: "booked",
  booked: "booked",
  cancel: "cancelled",
  cancelled: "cancelled",
  end: "ended",
  ended: "ended",
  ticket: "ticket",
  join: "joined",
  joined: "joined",
  leave: "left",
  left: "left",
  download: "download",
  pair: "paired",
  paired: "paired",
  unpair: "unpaired",
  unpaired: "unpaired",
  retry: "retry",
  consent: "consent",
};
const whole: Readonly<Record<string, Word>> = {
  "session.create": "signIn",
  "session.failed": "signInFailed",
  "session.delete": "signOut",
  "sign-in": "signIn",
  "sign-in-failed": "signInFailed",
  "sign-out": "signOut",
  "password.change": "passwordChanged",
  "session.password": "passwordChanged",
  "user.password-reset": "passwordReset",
  "recording.file": "download",
  "recording.start": "recordingStarted",
  "recording.stop": "recordingStopped",
  "consultation.create": "booked",
};
const things = ["consultation", "user", "patient", "room", "site", "kiosk", "recording", "delivery", "token", "webhook", "session"] as const;

/** "room.create" → "Thêm phòng". */
export function auditAction(action: string): string {
  if (whole[action]) return t(whole[action]);
  const [thing = "", verb = ""] = action.split(/[.:]/);
  const known = things.find((one) => one === thing);
  const word = verbs[verb];
  if (word && known) return `${t(word)} ${t(known)}`;
  return verbs[action] ? t(verbs[action]) : action;
}
