import { render } from "preact";
import "../shared/ui/base.css";
import "./styles/kiosk.css";
import { startLanguage } from "../shared/i18n";
import { registerServiceWorker } from "../shared/pwa/register";
import { Kiosk } from "./kiosk";
import { listenToKeys } from "./keys";
import { stayAwake } from "../shared/pwa/wake";

startLanguage();
registerServiceWorker();
listenToKeys();
stayAwake();
const place = document.getElementById("app");
if (place) render(<Kiosk />, place);
