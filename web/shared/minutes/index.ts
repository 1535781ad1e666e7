export { MinutesDesk } from "./desk";
export { MinutesView } from "./view";
