import { describe, expect, it } from "vitest";
import type * as P from "../protocol/messages";
import type { SessionState } from "../session/session";
import { aPerson, aRoom } from "../session/room_fixture";
import { happenings } from "./happenings";

const lan = aPerson("a", { name: "BS. Lan" });
const room = aRoom([lan]);
const state: SessionState = { phase: "in", room, end: null, held: null, attempt: 0, media: "connected" };
const after = (message: P.ServerMessage, before: SessionState = state) => happenings(before, state, message).map((h) => h.word);
const recordingIs = (now: P.Recording["state"], before: P.Recording["state"], reason?: P.Recording["reason"]) =>
  after({ type: "recording", recording: reason ? { state: now, reason } : { state: now } }, { ...state, room: { ...room, recording: { state: before } } });

describe("happenings", () => {
  it("tell who holds the chair now, and me when it is mine or no longer mine", () => {
    const me = aPerson("me");
    expect(after({ type: "participant", participant: { ...lan, role: "host" } })).toEqual(["nowHost"]);
    expect(after({ type: "participant", participant: { ...me, role: "host" } })).toEqual(["youAreHost"]);
    const asHost: SessionState = { ...state, room: aRoom([], { participants: new Map([["me", { ...me, role: "host" }]]) }) };
    expect(after({ type: "participant", participant: me }, asHost)).toEqual(["noLongerHost"]);
  });
  it("tell who came, knocks, and raises a hand, and nothing twice", () => {
    expect(after({ type: "participant", participant: { ...lan, id: "b" } })).toEqual(["joined"]);
    expect(after({ type: "participant", participant: { ...lan, id: "b", waiting: true } })).toEqual(["knocks"]);
    expect(after({ type: "participant", participant: { ...lan, hand: true } })).toEqual(["raised"]);
    expect(after({ type: "participant", participant: { ...lan, microphone: false } })).toEqual([]);
  });
  it("leave who knocks to the line above the pictures where the door may be opened", () => {
    const host: SessionState = { ...state, room: { ...room, rights: new Set(["admit"]) } };
    expect(after({ type: "participant", participant: { ...lan, id: "b", waiting: true } }, host)).toEqual([]);
  });
  it("say nothing of oneself", () => expect(after({ type: "participant", participant: { ...lan, id: "me" } })).toEqual([]));
  it("tell leaving from losing", () => {
    expect(after({ type: "gone", participant: "a", reason: "left" })).toEqual(["left"]);
    expect(after({ type: "gone", participant: "a", reason: "lost" })).toEqual(["lost"]);
  });
  it("tell why there is no recording", () => {
    expect(recordingIs("off", "asking", "declined")).toEqual(["recordingDeclined"]);
    expect(recordingIs("off", "on", "withdrawn")).toEqual(["recordingWithdrawn"]);
    expect(recordingIs("off", "on", "fault")).toEqual(["recordingFailed"]);
    expect(recordingIs("on", "asking")).toEqual(["recordingStarted"]);
    expect(recordingIs("on", "on")).toEqual([]);
  });
  it("are glad when the socket is back", () => expect(happenings({ ...state, phase: "reconnecting" }, state, null).map((h) => h.word)).toEqual(["backAgain"]));
});
