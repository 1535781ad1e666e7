import { type Catalogue, translator } from "../i18n";

const vi = {
  title: "Gọi cấp cứu từ {room}",
  text: "{place} cần bác sĩ ngay. Nhận là vào phòng.",
  answer: "Nhận cuộc gọi",
  decline: "Từ chối",
  blocked: "Trình duyệt chưa cho đổ chuông. Bấm vào trang một lần để nghe.",
  gone: "Cuộc gọi cấp cứu đã có người nhận, hoặc phòng đã thôi gọi.",
  setup: "Trang này đổ chuông khi một phòng gọi cấp cứu, kể cả khi bạn đang xem trang khác. Hãy để trang mở và không đăng xuất trong ca trực; mỗi lần đăng nhập có hạn 12 giờ.",
  tryRing: "Thử chuông",
  allowNotice: "Bật thông báo trên máy này",
  noticeRefused: "Trình duyệt đang chặn thông báo của trang này. Chuông vẫn đổ.",
} as const;

const en: Catalogue<typeof vi> = {
  title: "Emergency call from {room}",
  text: "{place} needs a doctor now. Answering takes you into the room.",
  answer: "Answer",
  decline: "Decline",
  blocked: "The browser does not let it ring yet. Click on the page once to hear it.",
  gone: "The emergency call was answered by somebody, or the room has hung up.",
  setup: "This page rings when a room calls in an emergency, also while you look at another page. Leave it open and stay signed in while you are on call; a sign-in lasts 12 hours.",
  tryRing: "Try the ring",
  allowNotice: "Show notices on this computer",
  noticeRefused: "The browser blocks notices of this page. It rings all the same.",
};

export const t = translator(vi, en);
