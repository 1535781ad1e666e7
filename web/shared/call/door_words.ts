/** What the waiting room and the host's requests say. */
import { type Catalogue, translator } from "../i18n";

const vi = {
  waitingPeople: "Phòng chờ",
  waits: "{name} đang đợi ở phòng chờ",
  waitsMore: "{name} và {count} người nữa đang đợi ở phòng chờ",
  justCame: "vừa tới",
  waited: "đã đợi {minutes} phút",
  admit: "Cho vào",
  admitAll: "Cho tất cả vào",
  turnAway: "Không cho vào",
  write: "Nhắn cho người đợi",
  writeTo: "Nhắn cho {name}",
  writeHint: "Chỉ người này thấy; lời nhắn không được lưu lại.",
  send: "Gửi lời nhắn",
  sent: "Đã nhắn cho {name}.",
  nobodyToAdmit: "Chủ tọa sẽ cho vào.",
  toldBy: "{name} nhắn",
  inRoomBy: "Bạn đợi từ {time}.",

  invite: "Mời nói",
  inviteTitle: "{name} mời bạn nói",
  inviteText: "Micrô của bạn đang tắt. Chỉ bật khi bạn bấm nút.",
  inviteYes: "Bật micrô và nói",
  inviteNo: "Để sau",
  handOverQuestion: "Giao chủ tọa cho {name}?",
  handOverText: "{name} sẽ điều khiển phòng: cho vào, mời ra, khóa, kết thúc. Bạn tiếp tục với vai trò bác sĩ.",
} as const;

const en: Catalogue<typeof vi> = {
  waitingPeople: "Waiting room",
  waits: "{name} is in the waiting room",
  waitsMore: "{name} and {count} more are in the waiting room",
  justCame: "just came",
  waited: "waiting for {minutes} {minutes:minute|minutes}",
  admit: "Admit",
  admitAll: "Admit all",
  turnAway: "Do not admit",
  write: "Write to who waits",
  writeTo: "Write to {name}",
  writeHint: "Only this person sees it; it is not kept.",
  send: "Send",
  sent: "Sent to {name}.",
  nobodyToAdmit: "The chair will let them in.",
  toldBy: "{name} writes",
  inRoomBy: "You have been waiting since {time}.",

  invite: "Invite to speak",
  inviteTitle: "{name} invites you to speak",
  inviteText: "Your microphone is off. It goes on only when you press the button.",
  inviteYes: "Unmute and speak",
  inviteNo: "Later",
  handOverQuestion: "Hand the chair over to {name}?",
  handOverText: "{name} will run the room: admit, remove, lock, end. You go on as a doctor.",
};

export const t = translator(vi, en);
