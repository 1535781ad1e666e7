import type { Role } from "../protocol/messages";
import { common } from "./common";

const roles: Readonly<Record<Role, Parameters<typeof common>[0]>> = {
  host: "roleHost",
  specialist: "roleSpecialist",
  doctor: "roleDoctor",
  patient: "rolePatient",
  interpreter: "roleInterpreter",
  observer: "roleObserver",
  captions: "roleCaptions",
  kiosk: "roleKiosk",
};
export const roleName = (role: Role) => common(roles[role]);
