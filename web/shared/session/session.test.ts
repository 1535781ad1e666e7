import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { socketPolicy } from "./policy";
import { others, slotOf } from "./room";
import { flush, House, lan } from "./session_fixture";

let house: House;

beforeEach(() => {
  vi.useFakeTimers();
  house = new House();
});
afterEach(() => vi.useRealTimers());

describe("joining", () => {
  it("joins with the ticket, offers, and shows who is there", async () => {
    await house.enter();
    expect(house.socket.sent[0]).toMatchObject({ type: "join", ticket: "ticket-1", language: "vi" });
    expect(house.transport.config.slots).toEqual({ audio: 3, video: 4 });
    expect(house.transport.answers).toEqual(["answer 1"]);
    const { phase, media, room } = house.session.state;
    expect([phase, media]).toEqual(["in", "connected"]);
    expect(others(room!).map((p) => p.name)).toEqual(["BS. Lan"]);
    expect(slotOf(room!, "p2", "camera")?.mid).toBe("5");
  });

  it("waits in the waiting room without offering, then offers when admitted", async () => {
    house.session.start();
    house.socket.open();
    house.joined({ waiting: true });
    await flush();
    expect(house.session.state.phase).toBe("waiting");
    expect(house.transports).toHaveLength(0);
    house.socket.say({ type: "admitted" });
    await house.answer();
    expect(house.session.state.phase).toBe("in");
    expect(house.transport.answers).toHaveLength(1);
  });

  it("ends with the server's words when the ticket is no good", async () => {
    house.session.start();
    house.socket.open();
    house.socket.say({ type: "error", id: house.socket.last("join")!.id, code: "ticket_expired", message: "Liên kết đã hết hạn.", action: "Xin liên kết mới.", fatal: true });
    await flush();
    expect(house.session.state.end).toEqual({ reason: "error", code: "ticket_expired", message: "Liên kết đã hết hạn.", action: "Xin liên kết mới." });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(house.sockets).toHaveLength(1);
  });

  const full = () => house.socket.say({ type: "error", id: house.socket.last("join")!.id, code: "at_capacity", message: "Máy chủ gần hết sức.", action: "Trang tự thử lại.", fatal: true, retry_after_s: 12 });

  it("is held while the server lets nobody in, and asks again when it was told to", async () => {
    house.session.start();
    house.socket.open();
    full();
    await flush();
    const { held, phase } = house.session.state;
    expect([phase, held?.code, held?.message, held?.untilMs]).toEqual(["connecting", "at_capacity", "Máy chủ gần hết sức.", Date.now() + 12_000]);
    await vi.advanceTimersByTimeAsync(11_900);
    expect(house.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    house.socket.open();
    house.joined();
    await flush();
    expect(house.session.state).toMatchObject({ phase: "in", held: null });
  });

  it("asks at once when somebody does not want to wait, and keeps asking when the server is gone meanwhile", async () => {
    house.session.start();
    house.socket.open();
    full();
    await flush();
    house.session.knock();
    await flush();
    expect(house.sockets).toHaveLength(2);
    house.socket.drop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(house.sockets).toHaveLength(3);
    expect(house.session.state.held).toBeNull();
  });

  it("tries again by itself while the server cannot be reached", async () => {
    house.session.start();
    house.socket.drop();
    await vi.advanceTimersByTimeAsync(0);
    house.socket.drop();
    await vi.advanceTimersByTimeAsync(100);
    expect(house.sockets).toHaveLength(3);
    house.socket.open();
    house.joined();
    await flush();
    expect(house.session.state).toMatchObject({ phase: "in", attempt: 0 });
  });

  it("after a reload resumes with the token and a higher generation", async () => {
    house.session = house.make({ ticket: "ticket-1", token: "kept", generation: 4 });
    house.session.start();
    house.socket.open();
    expect(house.socket.sent[0]).toMatchObject({ type: "resume", token: "kept" });
    house.joined({ media: "keep" });
    await house.answer();
    expect(house.socket.last("offer")?.generation).toBe(5);
  });

  it("joins anew when the token is no longer known", async () => {
    house.session = house.make({ ticket: "ticket-1", token: "old", generation: 1 });
    house.session.start();
    house.socket.open();
    house.socket.say({ type: "error", id: house.socket.last("resume")!.id, code: "token_expired", message: "" });
    await flush();
    expect(house.socket.last("join")).toMatchObject({ ticket: "ticket-1" });
  });

  const ahead = async () => {
    house.session = house.make(null, [{ urls: ["turn:turn.test"] }]);
    house.session.start();
    house.socket.open();
    await flush();
  };

  it("offers right behind the join where it knows the ICE servers: on a long line sound waited a round trip for nothing", async () => {
    await ahead();
    expect(house.socket.sent.map(({ type }) => type)).toEqual(["join", "offer"]);
    expect(house.transport.config.iceServers).toEqual([{ urls: ["turn:turn.test"] }]);
    house.joined({ slots: house.transport.config.slots });
    await house.answer();
    expect(house.session.state.phase).toBe("in");
    expect(house.transports).toHaveLength(1);
    expect(house.transport.answers).toEqual(["answer 1"]);
    expect(house.socket.sent.filter(({ type }) => type === "offer")).toHaveLength(1);
  });

  it("offers once more where the room asks for more than was offered ahead", async () => {
    await ahead();
    house.joined({ slots: { audio: 4, video: 9 } });
    await house.answer();
    expect(house.socket.sent.filter(({ type }) => type === "offer")).toHaveLength(2);
    expect(house.transports).toHaveLength(1);
  });

  it("takes its offer back when it has to wait outside, and offers anew when admitted", async () => {
    await ahead();
    const offer = house.socket.last("offer")!;
    house.joined({ waiting: true });
    house.socket.say({ type: "error", id: offer.id, code: "not_allowed", message: "", action: "", fatal: false });
    await vi.advanceTimersByTimeAsync(5000);
    expect(house.session.state).toMatchObject({ phase: "waiting", media: "none" });
    expect(house.transports.map(({ closed }) => closed)).toEqual([true]);
    house.socket.say({ type: "admitted" });
    await house.answer();
    expect(house.socket.last("offer")?.generation).toBe(2);
    expect(house.transport.answers).toHaveLength(1);
  });

  it("offers ahead again behind each join: after being held, and after a socket that was lost before an answer", async () => {
    await ahead();
    full();
    await flush();
    expect(house.transports.map(({ closed }) => closed)).toEqual([true]);
    await vi.advanceTimersByTimeAsync(12_000);
    for (const generation of [2, 3]) {
      house.socket.open();
      await flush();
      expect(house.socket.sent.map(({ type }) => type)).toEqual(["join", "offer"]);
      expect(house.socket.last("offer")?.generation).toBe(generation);
      if (generation === 2) house.socket.drop();
      await vi.advanceTimersByTimeAsync(1000);
    }
    house.joined();
    await house.answer();
    expect(house.transports.map(({ closed }) => closed)).toEqual([true, true, false]);
    expect(house.transport.answers).toEqual(["answer 3"]);
  });

  it("does not use the memory of another ticket", () => {
    house.session = house.make({ ticket: "another", token: "kept", generation: 4 });
    house.session.start();
    house.socket.open();
    expect(house.socket.sent[0]).toMatchObject({ type: "join" });
  });
});

describe("a dropped socket", () => {
  it("leaves the media alone and resumes", async () => {
    await house.enter();
    house.session.setSwitchedOn({ microphone: true });
    house.session.setView([{ participant: "p2", source: "camera", width: 640, height: 360 }]);
    house.socket.drop();
    expect(house.session.state).toMatchObject({ phase: "reconnecting", media: "connected", attempt: 1 });
    await flush();
    house.socket.open();
    house.joined({ media: "keep" });
    await flush();
    expect(house.session.state.phase).toBe("in");
    expect(house.transports).toHaveLength(1);
    expect(house.transport.closed).toBe(false);
    expect(house.socket.last("offer")).toBeUndefined();
    expect(house.socket.last("state")).toMatchObject({ microphone: true });
    expect(house.socket.last("view")?.items).toHaveLength(1);
    expect(slotOf(house.session.state.room!, "p2", "camera")?.mid).toBe("5");
  });

  it("makes a new transport when the server lost the old one", async () => {
    await house.enter();
    house.socket.drop();
    await flush();
    house.socket.open();
    house.joined({ media: "new" });
    await house.answer();
    expect(house.transports).toHaveLength(2);
    expect(house.transports[0]!.closed).toBe(true);
    expect(house.socket.last("offer")?.generation).toBe(2);
  });

  it("is noticed when the server is silent", async () => {
    await house.enter();
    const { socket } = house;
    await vi.advanceTimersByTimeAsync(5000);
    expect(socket.last("ping")).toBeDefined();
    await vi.advanceTimersByTimeAsync(5000);
    expect(socket.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(house.sockets.length).toBeGreaterThan(1);
  });

  it("is given more time while sound comes: a full line is slow, and a new socket would be slower", async () => {
    await house.enter();
    house.transport.heard = Date.now();
    const { socket } = house;
    await vi.advanceTimersByTimeAsync(14_900);
    expect(socket.closed).toBe(false);
    house.socket.say({ type: "pong", id: socket.last("ping")!.id, now: "2026-11-25T00:00:00Z" });
    await vi.advanceTimersByTimeAsync(14_000);
    expect(socket.closed).toBe(false);
    await vi.advanceTimersByTimeAsync(6_200);
    expect(socket.closed).toBe(true); // not for ever
  });

  it("is waited for while media flow: on a bad line TCP and TLS take their time", async () => {
    await house.enter();
    house.socket.drop();
    await flush();
    const slow = house.socket;
    await vi.advanceTimersByTimeAsync(12_000);
    expect(slow.closed).toBe(false);
    slow.open();
    house.joined({ media: "keep" });
    await flush();
    expect(house.session.state.phase).toBe("in");
  });

  it("is not waited for in an outage: one that does not open is given up for a fresh one", async () => {
    await house.enter();
    house.transport.events.onState("disconnected");
    house.socket.drop();
    await flush();
    const before = house.sockets.length;
    const stuck = house.socket;
    await vi.advanceTimersByTimeAsync(3000);
    expect(stuck.closed).toBe(true);
    expect(house.sockets.length).toBe(before + 1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(house.sockets.length).toBeLessThan(before + 18); // browsers slow down pages that open many
    house.socket.open();
    house.joined({ media: "keep" });
    await flush();
    expect(house.session.state.phase).toBe("in");
  });

  it("is tried at once when media come back by themselves", async () => {
    await house.enter();
    house.transport.events.onState("failed");
    house.socket.drop();
    await vi.advanceTimersByTimeAsync(20_000);
    const before = house.sockets.length;
    house.transport.events.onState("connected");
    await flush();
    expect(house.sockets.length).toBe(before + 1);
    house.socket.open();
    house.joined({ media: "keep" });
    await flush();
    expect(house.transports).toHaveLength(1);
  });

  it("is not waited for when the machine says it is online again", async () => {
    await house.enter();
    house.socket.drop();
    await flush();
    house.socket.drop();
    await vi.advanceTimersByTimeAsync(100);
    house.socket.drop();
    const before = house.sockets.length;
    house.session.networkChanged();
    await flush();
    expect(house.sockets.length).toBe(before + 1);
  });

  it("is found out quickly when somebody looks again after a sleep", async () => {
    await house.enter();
    const before = house.sockets.length;
    house.session.check();
    await vi.advanceTimersByTimeAsync(2001);
    expect(house.sockets.length).toBe(before + 1);
    expect(house.session.state.media).toBe("connected");
  });

  it("sends an offer that got no answer again afterwards", async () => {
    await house.enter();
    house.session.renegotiate();
    await flush();
    house.socket.drop();
    await flush();
    expect(house.transport.rolledBack).toBe(1);
    house.socket.open();
    house.joined({ media: "keep" });
    await house.answer();
    expect(house.transport.offers).toBe(3);
    expect(house.transport.answers).toHaveLength(2);
  });

  it("keeps knocking when the server says it shuts down", async () => {
    await house.enter();
    house.socket.say({ type: "ended", reason: "shutdown" });
    await flush();
    expect(house.session.state.phase).toBe("reconnecting");
    expect(house.sockets).toHaveLength(2);
  });
});

describe("the room", () => {
  it("follows people, slots, chat and recording", async () => {
    await house.enter();
    house.socket.say({ type: "participant", participant: { ...lan, id: "p3", name: "Phòng khám" } });
    house.socket.say({ type: "slots", slots: [{ mid: "5", state: "paused", reason: "bandwidth" }] });
    house.socket.say({ type: "chat", participant: "p3", name: "Phòng khám", text: "Chào bác sĩ", at: "2026-11-22T07:01:00Z" });
    house.socket.say({ type: "recording", recording: { state: "asking", requested_by: "p2" } });
    const room = house.session.state.room!;
    expect(others(room)).toHaveLength(2);
    expect(slotOf(room, "p2", "camera")).toMatchObject({ state: "paused", reason: "bandwidth", participant: "p2" });
    expect(room.chat).toHaveLength(1);
    expect(room.recording.state).toBe("asking");
    house.socket.say({ type: "gone", participant: "p3", reason: "left" });
    expect(others(house.session.state.room!)).toHaveLength(1);
  });

  it("does not trip over what it does not know", async () => {
    await house.enter();
    house.socket.onmessage?.({ data: "{" });
    house.socket.onmessage?.({ data: new ArrayBuffer(4) });
    house.socket.say({ type: "tomorrow" } as never);
    expect(house.session.state.phase).toBe("in");
  });

  it("ends for all", async () => {
    await house.enter();
    house.socket.say({ type: "ended", reason: "ended" });
    expect(house.session.state).toMatchObject({ phase: "ended", end: { reason: "ended" } });
    expect(house.transport.closed).toBe(true);
    expect(house.memory).toBeNull();
  });

  it("knows when it was opened elsewhere", async () => {
    await house.enter();
    house.socket.say({ type: "error", code: "replaced", message: "Đã mở ở nơi khác.", fatal: true });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(house.session.state.end?.reason).toBe("replaced");
    expect(house.sockets).toHaveLength(1);
  });

  it("tells the server when leaving, and does not come back", async () => {
    await house.enter();
    house.session.leave();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(house.socket.last("leave")).toBeDefined();
    expect(house.sockets).toHaveLength(1);
    expect(house.session.state.end?.reason).toBe("left");
  });

  it("remembers everything when the page is reloaded", async () => {
    await house.enter();
    house.session.suspend();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(house.memory).toEqual({ ticket: "ticket-1", token: "token-1", generation: 1 });
    expect(house.sockets).toHaveLength(1);
  });
});

describe("socketPolicy", () => {
  it("tries at once, then ever later, never longer than four seconds", () => {
    expect(socketPolicy.delayMs(0)).toBe(0);
    const delays = [1, 2, 3, 4, 10, 1000].map((n) => socketPolicy.delayMs(n));
    expect(delays.every((d) => d > 0 && d <= 4000)).toBe(true);
  });
});
