import { describe, expect, it } from "vitest";
import { actorName, auditAction, auditObject } from "./audit_actions";

describe("the audit log's words", () => {
  it("tell a person sent out of a call from a room struck off the list", () => {
    expect(auditAction("room.remove")).toBe("Mời một người ra khỏi buổi");
    expect(auditAction("room.delete")).toBe("Xóa phòng");
  });
  it("name what happens in a call", () => {
    for (const action of ["admit", "admit-all", "mute", "invite", "tell", "lock", "unlock", "make-host", "heir", "end", "source", "side-talk", "side-talk-end"])
      expect(auditAction(`room.${action}`)).not.toContain(".");
  });
  it("name what it was done to: people by name, consultations by a way there, the rest by kind and id", () => {
    const names = new Map([["u1", "Quản trị"]]);
    expect(auditObject("user:u1", names)).toEqual({ text: "Quản trị", id: "" });
    expect(auditObject("consultation:c1", names)).toEqual({ text: "Buổi hội chẩn", id: "c1", path: "/consultations/c1" });
    expect(auditObject("shift:s1", names)).toEqual({ text: "Ca trực", id: "s1" });
    expect(auditObject("what nobody knows", names)).toEqual({ text: "what nobody knows", id: "" });
    expect(auditObject(null, names)).toEqual({ text: "", id: "" });
  });
  it("name the server, and not with a word of its own tongue", () => expect(actorName("system", new Map())).toBe("Máy chủ"));
});
