/** What an account may in a consultation, as the server has it (server/api/consultations.h): the page offers nothing that would be refused. */
import type { ConsultationParticipant, Role, User } from "../shared/api";
import { isDoctor } from "../shared/roles";

export type Standing = "host" | "doctor" | "guest";
type People = readonly ConsultationParticipant[];

/** Administrators stand as hosts in each. */
export function standingOf(user: User, people: People): Standing {
  const mine = people.filter(({ user_id }) => user_id === user.id).map(({ role }) => role);
  if (user.role === "admin" || mine.includes("host")) return "host";
  return mine.some(isDoctor) ? "doctor" : "guest";
}

/** What is done with a doctor's link stands under that doctor's name: but for one's own, the host gives it. */
export function mayGiveLink(user: User, people: People, person: ConsultationParticipant): boolean {
  const standing = standingOf(user, people);
  return standing === "host" || person.user_id === user.id || (standing === "doctor" && !isDoctor(person.role));
}

/** As whom somebody new may be invited; none: not at all. */
export function invitable(standing: Standing, roles: readonly Role[]): readonly Role[] {
  if (standing === "guest") return [];
  return standing === "host" ? roles : roles.filter((role) => role !== "host");
}
