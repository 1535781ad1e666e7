/** What the papers beside the pictures say. */
import { type Catalogue, translator } from "../i18n";

const vi = {
  papers: "Giấy tờ của buổi hội chẩn",
  none: "Chưa có giấy tờ",
  noneText: "Ảnh chụp và tệp gửi trong tin nhắn (giấy chuyển viện, phim, xét nghiệm) hiện ở đây, để đọc trong khi vẫn nhìn thấy nhau.",
  minutes: "Biên bản hội chẩn",
  minutesSmall: "Viết và ký tại đây",
  referral: "Lý do hội chẩn",
  noReason: "Khi đặt lịch chưa ghi lý do hội chẩn.",
  male: "Nam",
  female: "Nữ",
  sexUnknown: "Chưa rõ giới tính",
  close: "Đóng giấy này",
  notFetched: "Chưa tải được tệp này.",
  nearer: "Phóng to {name}",
  whole: "Xem cả trang {name}",
  openPdf: "Tệp PDF ({size}) mở trong cửa sổ riêng; có thể kéo sang màn hình thứ hai.",
  openOther: "Tệp này ({size}) cần phần mềm xem riêng. Tải về máy rồi mở.",
  openWindow: "Mở trong cửa sổ riêng",
  keep: "Tải về",
} as const;

const en: Catalogue<typeof vi> = {
  papers: "Papers of the consultation",
  none: "No papers yet",
  noneText: "Stills and files sent in the chat (referral letter, films, results) appear here, to be read while you go on seeing one another.",
  minutes: "Minutes",
  minutesSmall: "Write and sign here",
  referral: "Reason for the consultation",
  noReason: "No reason was written when it was booked.",
  male: "Male",
  female: "Female",
  sexUnknown: "Sex not known",
  close: "Close this paper",
  notFetched: "This file could not be fetched.",
  nearer: "Magnify {name}",
  whole: "See the whole of {name}",
  openPdf: "The PDF ({size}) opens in a window of its own, which you can move to the second screen.",
  openOther: "This file ({size}) needs a viewer of its own. Download it and open it there.",
  openWindow: "Open in a window",
  keep: "Download",
};

export type Word = keyof typeof vi;
export const t = translator(vi, en);
