import { expect, it } from "vitest";
import type { ConsultationParticipant, Role, User } from "../shared/api";
import { roles } from "./parts/words";
import { invitable, mayGiveLink, standingOf } from "./standing";

const user = (id: string, role: User["role"] = "doctor"): User => ({ id, username: id, name: id, role });
const person = (role: Role, id: string | null = null): ConsultationParticipant => ({ id: `p-${role}`, name: role, role, user_id: id });
const people = [person("host", "an"), person("specialist", "binh"), person("observer", "chi"), person("patient")];
const linksOf = (id: string, role?: User["role"]) => people.filter((one) => mayGiveLink(user(id, role), people, one)).map(({ role: as }) => as);

it("offers each account the links that the server gives it: a doctor's for another doctor was refused", () => {
  expect(linksOf("root", "admin")).toEqual(["host", "specialist", "observer", "patient"]);
  expect(linksOf("an")).toEqual(["host", "specialist", "observer", "patient"]);
  expect(linksOf("binh")).toEqual(["specialist", "observer", "patient"]);
  expect(linksOf("chi")).toEqual(["observer"]);
});

it("lets a doctor invite whom a host does but hosts, and an observer nobody", () => {
  const asWhom = (id: string) => invitable(standingOf(user(id), people), roles);
  expect(asWhom("an")).toEqual(roles);
  expect(asWhom("binh")).toEqual(["specialist", "doctor", "patient", "interpreter", "observer"]);
  expect(asWhom("chi")).toEqual([]);
});
