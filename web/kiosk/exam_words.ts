/** What the page of exam devices says. */
import { type Catalogue, translator } from "../shared/i18n";

const vi = {
  title: "Thiết bị khám của phòng",
  hint: "Bấm vào từng thiết bị cho tới khi đúng tên. Máy nhớ theo thiết bị; bác sĩ chuyên khoa xin xem là máy tự bật.",
  none: "Chưa cắm camera hay micrô nào khác. Cắm vào máy, thiết bị tự hiện ở đây.",
  unused: "Không dùng để khám",
  picture: "Hình của {name}",
  noPicture: "Chọn một camera để xem hình của nó.",
  notOpened: "Không mở được {name}. Rút ra cắm lại, rồi bấm lần nữa.",
  turns: "camera này xoay được từ xa",
  main: "Camera chính của phòng",
  back: "Về kiểm tra phòng",
} as const;

const en: Catalogue<typeof vi> = {
  title: "The room's exam devices",
  hint: "Press each device until its name is right. The machine remembers it by the device; when a specialist asks for it, it starts by itself.",
  none: "No other camera or microphone is connected. Plug one in and it appears here.",
  unused: "Not used to examine",
  picture: "Picture of {name}",
  noPicture: "Choose a camera to see its picture.",
  notOpened: "{name} could not be opened. Unplug it, plug it in again, then press once more.",
  turns: "this camera can be turned from afar",
  main: "The room's main camera",
  back: "Back to the room's check",
};

export const t = translator(vi, en);
