import { render } from "preact";
import "../shared/ui/base.css";
import "./styles/panel.css";
import { startLanguage } from "../shared/i18n";
import { App } from "./app";

startLanguage();
const root = document.getElementById("app");
if (root) render(<App />, root);
