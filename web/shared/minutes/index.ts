export { BrowserDrafts } from "./drafts";
export { MinutesDesk } from "./desk";
export { MinutesView } from "./view";
