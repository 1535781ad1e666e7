import { render } from "preact";
import "../shared/ui/base.css";
import { startLanguage } from "../shared/i18n";
import { registerServiceWorker } from "../shared/pwa/register";
import { Doctor } from "./doctor";

startLanguage();
registerServiceWorker();
const place = document.getElementById("app");
if (place) render(<Doctor />, place);
