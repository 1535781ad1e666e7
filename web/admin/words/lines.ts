/** Words about people's lines: the live view of a consultation, and how each stay was. */
import { type Catalogue, translator } from "../../shared/i18n";

const vi = {
  title: "Đường truyền lúc này",
  under: "Tự cập nhật mỗi 5 giây",
  none: "Chưa ai vào phòng.",
  person: "Ai",
  line: "Đường truyền",
  speech: "Tiếng (MOS)",
  delay: "Độ trễ",
  lossUp: "Mất gói lên",
  lossDown: "Mất gói xuống",
  unknown: "–",
  connecting: "Đang nối",
  waiting: "Ở phòng chờ",
  away: "Trang đã đóng, hình và tiếng vẫn nối",
  reasons: "Vì sao hình đứng hoặc kém nét",
  reasonsNone: "Không có hình nào bị giữ lại.",
  mosHint: "Điểm nghe rõ theo ITU-T G.107: từ 4 là tốt, dưới 3,5 là nhiều người thấy khó nghe",
  staySpeech: "Tiếng: MOS {mean}, thấp nhất {min}",
  staySpeechLow: "Tiếng: MOS {mean}, thấp nhất {min}, khó nghe {percent} % thời gian",
  staySpeechNone: "Tiếng: chưa đo",
  stayFrozen: "Hình đứng {seconds} giây trong {count} lần",
  stayHeld: "Hình bị giữ lại {seconds} giây vì đường yếu",
} as const;

const en: Catalogue<typeof vi> = {
  title: "Lines now",
  under: "Refreshes every 5 seconds",
  none: "Nobody is in the room yet.",
  person: "Who",
  line: "Line",
  speech: "Speech (MOS)",
  delay: "Delay",
  lossUp: "Lost up",
  lossDown: "Lost down",
  unknown: "–",
  connecting: "Connecting",
  waiting: "In the waiting room",
  away: "The page is closed; picture and sound are still connected",
  reasons: "Why a picture stands still or is less sharp",
  reasonsNone: "No picture is held back.",
  mosHint: "How well speech is heard, by ITU-T G.107: 4 and more is good, below 3.5 many find it hard",
  staySpeech: "Speech: MOS {mean}, lowest {min}",
  staySpeechLow: "Speech: MOS {mean}, lowest {min}, hard to hear {percent} % of the time",
  staySpeechNone: "Speech: not measured",
  stayFrozen: "Picture frozen {seconds} s in {count} {count:freeze|freezes}",
  stayHeld: "Pictures held back {seconds} s by a weak line",
};

export const t = translator(vi, en);
