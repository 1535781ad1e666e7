import { describe, expect, it } from "vitest";
import { auditAction } from "./audit_actions";

describe("the audit log's words", () => {
  it("tell a person sent out of a call from a room struck off the list", () => {
    expect(auditAction("room.remove")).toBe("Mời một người ra khỏi buổi");
    expect(auditAction("room.delete")).toBe("Xóa phòng");
  });
  it("name what happens in a call", () => {
    for (const action of ["admit", "admit-all", "mute", "invite", "tell", "lock", "unlock", "make-host", "heir", "end", "source", "side-talk", "side-talk-end"])
      expect(auditAction(`room.${action}`)).not.toContain(".");
  });
});
