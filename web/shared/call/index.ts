export { Call, tellHappening } from "./call";
export { CallController, type CallOptions, type CallState } from "./controller";
export { DeviceChoice, Level } from "./devices";
export { canRejoin, Ended } from "./ended";
export { forget, recall, rememberer } from "./memory";
