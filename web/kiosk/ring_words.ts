import { type Catalogue, translator } from "../shared/i18n";

const vi = {
  calls: "Mời phòng vào hội chẩn",
  emergency: "Hội chẩn cấp cứu",
  waiting: "{name} đang chờ",
  more: "và {count} bác sĩ nữa",
  nobodyYet: "Có hội chẩn cấp cứu cho phòng này",
  answer: "Nghe",
  later: "Để sau",
  stops: "Chuông tự tắt sau {time}",
  blocked: "Máy chưa kêu được chuông. Nhấn một phím mũi tên để nghe.",
  putOff: "Chuông sẽ đổ lại sau ít phút nếu vẫn còn người chờ.",
  elsewhere: "{name} đang chờ ở một buổi khác của phòng này.",
  elsewhereEmergency: "Phòng này có hội chẩn cấp cứu đang chờ.",
} as const;

const en: Catalogue<typeof vi> = {
  calls: "The room is asked to join",
  emergency: "Emergency consultation",
  waiting: "{name} is waiting",
  more: "and {count} more {count:doctor|doctors}",
  nobodyYet: "An emergency consultation for this room",
  answer: "Answer",
  later: "Later",
  stops: "It stops ringing in {time}",
  blocked: "This machine cannot ring yet. Press an arrow key to hear it.",
  putOff: "It rings again in a few minutes if somebody still waits.",
  elsewhere: "{name} is waiting in another consultation of this room.",
  elsewhereEmergency: "An emergency consultation is waiting for this room.",
};

export const t = translator(vi, en);
