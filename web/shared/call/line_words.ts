/** What is said of the line, beside the server's own sentences of causes. */
import { type Catalogue, translator } from "../i18n";

const vi = {
  line: "Đường truyền",
  fine: "Không có gì cần làm.",
  others: "Hình đang bị ảnh hưởng",
  still: "Hình của {name} đang đứng. Tiếng vẫn giữ. Đang chờ hình mới, bạn không cần làm gì.",
  measuring: "Đang đo đường truyền",
  server: "Máy chủ quá tải",
  machine: "Máy quá tải",
  machineText: "Máy của bạn làm không kịp nên hình có thể giật. Tiếng được giữ trước. Nên đóng bớt chương trình khác, hoặc chọn xem lớn một hình.",
  path: "Đường đi",
  delay: "Độ trễ",
  down: "Đường xuống",
  up: "Đường lên",
  lossDown: "Mất gói xuống",
  lossUp: "Mất gói lên",
  repairedSound: "Tiếng phải bù",
  unknown: "chưa đo",
  rate: "khoảng {rate} Mbit/s",
  rateSmall: "khoảng {rate} kbit/s",
  ms: "{count} ms",
} as const;

const en: Catalogue<typeof vi> = {
  line: "Line",
  fine: "There is nothing to do.",
  others: "Pictures that suffer",
  still: "The picture of {name} stands still. The sound goes on. It is waiting for new pictures; there is nothing to do.",
  measuring: "Measuring the line",
  server: "Server overloaded",
  machine: "Computer overloaded",
  machineText: "Your computer cannot keep up, so pictures may stutter. Sound comes first. It helps to close other programs, or to enlarge one picture.",
  path: "Path",
  delay: "Delay",
  down: "Down",
  up: "Up",
  lossDown: "Lost on the way down",
  lossUp: "Lost on the way up",
  repairedSound: "Sound made up",
  unknown: "not measured",
  rate: "about {rate} Mbit/s",
  rateSmall: "about {rate} kbit/s",
  ms: "{count} ms",
};

export const t = translator(vi, en);
