/** Words about stills and files of the chat. */
import { type Catalogue, translator } from "../../shared/i18n";

const vi = {
  title: "Ảnh chụp và tệp",
  none: "Không có ảnh chụp hay tệp nào.",
  takenBy: "{time}, theo yêu cầu của {name}",
  scale: "Thang đo {length} mm, do {name} đặt",
  full: "Tải ảnh đầy đủ {width} × {height} ({size})",
  arriving: "Đang gửi lên: {percent} %",
  refused: "Không nhận: sai loại tệp",
  expired: "Không được gửi xong trong bảy ngày",
  infected: "Không nhận: có mã độc",
} as const;

const en: Catalogue<typeof vi> = {
  title: "Stills and files",
  none: "No stills or files.",
  takenBy: "{time}, asked for by {name}",
  scale: "Scale {length} mm, set by {name}",
  full: "Download the full picture {width} × {height} ({size})",
  arriving: "Arriving: {percent} %",
  refused: "Not taken: wrong type of file",
  expired: "Not sent to its end within seven days",
  infected: "Not taken: infected",
};

export const t = translator(vi, en);
