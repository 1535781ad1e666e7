import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { flush, House } from "./session_fixture";

let house: House;

beforeEach(() => {
  vi.useFakeTimers();
  house = new House();
});
afterEach(() => vi.useRealTimers());

/** A browser that learns late of its address falls silent, and a new socket opens before the old one answers. */
async function moves(): Promise<void> {
  await house.enter();
  house.transport.learnsAddressesLate = true;
  house.transport.events.onSilence(false);
  house.prepared!(true);
  await vi.advanceTimersByTimeAsync(1);
  house.socket.open();
}

describe("a disturbed path", () => {
  it("restarts ICE when disconnected", async () => {
    await house.enter();
    house.transport.events.onState("disconnected");
    await house.answer();
    expect(house.transport.restarts).toBe(1);
    expect(house.socket.last("offer")?.generation).toBe(1);
    house.transport.events.onState("connected");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(house.transports).toHaveLength(1);
  });

  describe("without a socket", () => {
    beforeEach(async () => {
      await house.enter();
      house.transport.events.onSilence(false);
      await vi.advanceTimersByTimeAsync(2000);
    });

    it("is asked by ICE alone, again and again: after an outage it was back only when a socket was, a second or two later", async () => {
      expect(house.socket.last("offer")).toBeUndefined();
      const before = house.transport.restarts;
      await vi.advanceTimersByTimeAsync(3 * house.transport.asksForMs);
      expect(house.transport.restarts).toBe(before + 3);
      expect(house.transport.packed.length).toBeGreaterThan(3);
    });

    it("is restarted with the next offer when it was asked alone, since the server knows nothing of that", async () => {
      await vi.advanceTimersByTimeAsync(house.transport.asksForMs);
      house.transport.heard = Date.now() + 1000;
      house.transport.events.onState("connected");
      await vi.advanceTimersByTimeAsync(1);
      house.socket.open();
      house.joined({ media: "keep" });
      await flush();
      const before = house.transport.restarts;
      for (let i = 0; i < 2; i++) {
        house.session.renegotiate();
        await house.answer();
        expect(house.transport.restarts).toBe(before + 1);
      }
      expect(house.transports).toHaveLength(1);
    });

    it("is left alone while media come", async () => {
      house.transport.heard = Date.now();
      const before = house.transport.restarts;
      await vi.advanceTimersByTimeAsync(3 * house.transport.asksForMs);
      expect(house.transport.restarts).toBe(before);
    });
  });

  it("is found out by silence: a socket that is dead too brings a restart of ICE", async () => {
    await house.enter();
    const { socket } = house;
    house.transport.events.onSilence(false);
    expect(socket.last("ping")).toBeDefined();
    await vi.advanceTimersByTimeAsync(1600);
    expect(socket.closed).toBe(true);
    house.socket.open();
    house.joined({ media: "keep" });
    await house.answer();
    expect(house.transport.restarts).toBe(1);
    expect(house.transports).toHaveLength(1);
  });

  it("is found out sooner where a new socket opens before the old one answers: a change of address waited for the question to time out", async () => {
    await house.enter();
    const { socket } = house;
    house.transport.events.onSilence(false);
    await vi.advanceTimersByTimeAsync(100);
    house.prepared!(true);
    expect(socket.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    house.socket.open();
    house.joined({ media: "keep" });
    await house.answer();
    expect(house.transport.restarts).toBe(1);
    expect(house.transports).toHaveLength(1);
  });

  it("of a browser that learns late of its new address is left for a new one: its old connection offered the old address for two seconds", async () => {
    await moves();
    house.joined({ media: "keep" });
    await house.answer();
    expect(house.transports.map(({ config, closed }) => [config.fresh, closed])).toEqual([[false, true], [true, false]]);
    expect(house.transports.map(({ used }) => used)).toEqual([true, true]);
    expect(house.socket.last("offer")?.generation).toBe(2);
  });

  it("of such a browser is kept after an outage, and on a thin line", async () => {
    for (const thin of [false, true]) {
      house = new House();
      await house.enter();
      house.transport.learnsAddressesLate = true;
      house.session.ownLine(thin);
      house.transport.events.onSilence(false);
      await vi.advanceTimersByTimeAsync(thin ? 100 : 2600);
      house.socket.drop();
      await vi.advanceTimersByTimeAsync(200);
      house.socket.open();
      house.joined({ media: "keep" });
      await house.answer();
      expect(house.transports.map(({ restarts, closed }) => [restarts, closed])).toEqual(thin ? [[1, false]] : [[1, false], [0, true]]);
    }
  });

  it("of such a browser has another transport ready with the new socket", async () => {
    const states = () => house.transports.map(({ prepared, used, closed }) => [prepared, used, closed]);
    await house.enter();
    house.transport.learnsAddressesLate = true;
    house.transport.events.onSilence(false);
    expect(states()).toEqual([[false, true, false], [true, false, false]]);
    house.prepared!(true);
    await vi.advanceTimersByTimeAsync(1);
    house.socket.open();
    await flush();
    expect(house.socket.sent.map(({ type }) => type)).toEqual(["resume", "offer"]); // a round trip less than one after the other
    house.joined({ media: "keep" });
    await house.answer();
    expect(states()).toEqual([[false, true, true], [true, true, false]]);
    expect(house.socket.last("offer")?.generation).toBe(2);
    expect(house.transport.answers).toEqual(["answer 2"]);
  });

  it("of such a browser begins anew where the server no longer knew it: the offer that ran ahead was refused", async () => {
    await moves();
    await flush();
    const { resume, offer } = Object.fromEntries(house.socket.sent.map((one) => [one.type, one as { id: number }]));
    for (const { id } of [resume!, offer!]) house.socket.say({ type: "error", id, code: "not_joined", message: "", action: "", fatal: false });
    await flush();
    house.joined({ media: "new" });
    await house.answer();
    expect(house.socket.last("offer")?.generation).toBe(3);
    await vi.advanceTimersByTimeAsync(5000);
    expect(house.transports.map(({ closed }) => closed)).toEqual([true, true, false]);
  });

  it("that was none lets go of the other transport", async () => {
    await house.enter();
    house.transport.learnsAddressesLate = true;
    house.transport.events.onSilence(false);
    house.transports[0]!.heard = Date.now();
    await vi.advanceTimersByTimeAsync(2000);
    expect(house.transports.map(({ closed }) => closed)).toEqual([false, true]);
  });

  it("is no matter where the old socket has answered by then, or media are heard", async () => {
    await house.enter();
    house.transport.events.onSilence(false);
    house.socket.say({ type: "pong", id: house.socket.last("ping")!.id, now: "2026-11-25T00:00:00Z" });
    await flush();
    house.prepared!(true);
    house.transport.events.onSilence(false);
    await vi.advanceTimersByTimeAsync(120);
    house.transport.heard = Date.now();
    house.prepared!(true);
    await vi.advanceTimersByTimeAsync(100);
    expect(house.sockets).toHaveLength(1);
  });

  it("is left for another where the socket answers and nothing is heard of what is sent: who had lost one of two ways waited 3 s", async () => {
    for (const [sending, heard, restarts] of [[true, false, 1], [false, false, 0], [true, true, 0]] as const) {
      house = new House();
      await house.enter();
      house.transport.events.onSilence(sending);
      house.socket.say({ type: "pong", id: house.socket.last("ping")!.id, now: "2026-11-25T00:00:00Z" });
      await vi.advanceTimersByTimeAsync(90);
      if (heard) house.transport.heard = Date.now();
      await vi.advanceTimersByTimeAsync(20);
      expect(house.transport.restarts).toBe(restarts);
    }
  });

  it("is left but seldom while the socket answers: a server that is out of breath is silent, too", async () => {
    await house.enter();
    house.transport.learnsAddressesLate = true;
    for (const renewals of [1, 1]) {
      house.transport.events.onSilence(true);
      house.socket.say({ type: "pong", id: house.socket.last("ping")!.id, now: "2026-11-25T00:00:00Z" });
      await vi.advanceTimersByTimeAsync(110);
      expect(house.socket.last("offer")?.generation).toBe(1 + renewals);
      await house.answer();
    }
  });

  it("keeps a slow socket as long as no other opens: on a line that had just become thin the next took 15 s", async () => {
    await house.enter();
    house.transport.events.onSilence(false);
    await vi.advanceTimersByTimeAsync(700);
    expect(house.sockets).toHaveLength(1);
    expect(house.socket.closed).toBe(false);
  });

  it("begins another socket again where there was no way yet: the new address had none for a moment", async () => {
    await house.enter();
    house.transport.events.onSilence(false);
    const first = house.prepared!;
    first(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(house.prepared).not.toBe(first);
    house.prepared!(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(house.sockets).toHaveLength(2);
  });

  it("begins no other socket on a thin line, which has no room for one", async () => {
    await house.enter();
    house.session.ownLine(true);
    house.transport.events.onSilence(false);
    expect(house.prepared).toBeNull();
  });

  it("is believed in as soon as a new socket finds that nothing came since: the address is another", async () => {
    await house.enter();
    house.transport.heard = Date.now();
    house.transport.events.onState("disconnected");
    house.socket.drop();
    await vi.advanceTimersByTimeAsync(200);
    house.socket.open();
    house.joined({ media: "keep" });
    await flush();
    expect(house.transport.restarts).toBe(1);
  });

  it("is not believed in while media go on: checks get lost on a thin line, and a restart would fill it", async () => {
    await house.enter();
    house.transport.heard = Date.now();
    house.transport.events.onState("disconnected");
    house.socket.say({ type: "pong", id: house.socket.last("ping")!.id, now: "2026-11-25T00:00:00Z" });
    expect(house.session.state.media).toBe("connected");
    house.session.renegotiate();
    await house.answer();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(house.transport.restarts).toBe(0);
    expect(house.transports).toHaveLength(1);
  });

  it("restarts nothing when only the socket was lost later: what is heard since the silence came by this path", async () => {
    await house.enter();
    house.transport.events.onSilence(false);
    house.socket.say({ type: "pong", id: house.socket.last("ping")!.id, now: "2026-11-25T00:00:00Z" });
    house.transport.heard = Date.now();
    house.socket.drop();
    await vi.advanceTimersByTimeAsync(200);
    house.socket.open();
    house.joined({ media: "keep" });
    await flush();
    expect(house.session.state.phase).toBe("in");
    expect(house.transport.restarts).toBe(0);
  });

  it("is found out by the browser's own word, where that is early: what was heard before says nothing", async () => {
    await house.enter();
    const { socket } = house;
    house.transport.heard = Date.now();
    house.transport.events.onState("disconnected");
    await vi.advanceTimersByTimeAsync(300);
    expect(house.transport.restarts).toBe(0);
    house.transport.heard = 0;
    house.transport.events.onSilence(false);
    expect(house.transport.restarts).toBe(1);
    await vi.advanceTimersByTimeAsync(1100);
    expect(socket.closed).toBe(true);
    house.socket.open();
    house.joined({ media: "keep" });
    await house.answer();
    expect(house.socket.last("offer")?.generation).toBe(1);
    expect(house.transports).toHaveLength(1);
  });

  it("is left alone when it was but a pause: what is heard again needs no other socket", async () => {
    await house.enter();
    house.transport.events.onSilence(false);
    await vi.advanceTimersByTimeAsync(120);
    house.transport.heard = Date.now();
    await vi.advanceTimersByTimeAsync(1400);
    expect(house.sockets).toHaveLength(1);
    expect(house.transport.restarts).toBe(0);
  });

  it("is left alone when the server answers: then nobody sends", async () => {
    await house.enter();
    house.transport.events.onSilence(false);
    house.socket.say({ type: "pong", id: house.socket.last("ping")!.id, now: "2026-11-25T00:00:00Z" });
    await vi.advanceTimersByTimeAsync(3000);
    expect(house.sockets).toHaveLength(1);
    expect(house.transport.restarts).toBe(0);
  });

  it("makes a new transport when the restart does not help", async () => {
    await house.enter();
    house.transport.events.onState("disconnected");
    house.socket.say({ type: "pong", id: house.socket.last("ping")!.id, now: "2026-11-25T00:00:00Z" });
    await house.answer();
    await vi.advanceTimersByTimeAsync(4100);
    expect(house.transports).toHaveLength(2);
  });

  it("renews at once when the server asks", async () => {
    await house.enter();
    house.socket.say({ type: "renew", reason: "worker lost" });
    await house.answer();
    expect(house.transports).toHaveLength(2);
    expect(house.socket.last("offer")?.generation).toBe(2);
    expect(house.memory?.generation).toBe(2);
  });

  it("packs sound otherwise without an offer, and offers where the browser cannot", async () => {
    await house.enter();
    const before = house.socket.last("offer")?.id;
    house.socket.say({ type: "speech", thin: true });
    house.session.ownLine(true); // nothing new
    await vi.advanceTimersByTimeAsync(0);
    expect(house.transports[0]?.packed).toEqual([false, true]);
    house.socket.say({ type: "speech", thin: false });
    await vi.advanceTimersByTimeAsync(0);
    expect(house.transports[0]?.packed).toEqual([false, true]); // the own line is thin still
    expect(house.socket.last("offer")?.id).toBe(before);
    house.transports[0]!.cannotRepack = true;
    house.session.ownLine(false);
    await house.answer();
    expect(house.transports).toHaveLength(1);
    expect(house.socket.last("offer")?.id).not.toBe(before);
    expect(house.transports[0]?.packed).toEqual([false, true, false]);
  });

  it("leaves sound as it is packed while a restart waits for its socket: the browser would begin it without the server", async () => {
    await house.enter();
    house.socket.drop();
    house.transport.events.onState("disconnected");
    house.session.ownLine(true);
    await flush();
    expect([house.transport.restarts, house.transport.packed]).toEqual([1, [false]]);
    await vi.advanceTimersByTimeAsync(200);
    house.socket.open();
    house.joined({ media: "keep" });
    await house.answer();
    expect(house.transport.packed).toEqual([false, true]);
  });

  it("keeps a healthy transport after a restart that nobody needed", async () => {
    await house.enter();
    house.session.networkChanged();
    await house.answer();
    await vi.advanceTimersByTimeAsync(4500);
    expect(house.transport.restarts).toBe(1);
    expect(house.transports).toHaveLength(1);
  });

  it("tries less and less often when renewing does not help", async () => {
    await house.enter();
    for (let i = 0; i < 3; i++) {
      house.transport.events.onState("failed");
      await vi.advanceTimersByTimeAsync(100 * 2 ** i);
    }
    expect(house.transports).toHaveLength(4);
  });

  it("is not held up by an offer that a closed transport never makes", async () => {
    await house.enter();
    house.transport.offer = () => new Promise(() => undefined);
    house.session.renegotiate();
    await flush();
    house.socket.say({ type: "renew" });
    await house.answer();
    expect(house.transport.answers).toEqual(["answer 2"]);
  });

  it("refuses the answer of a transport that is gone", async () => {
    await house.enter();
    house.session.renegotiate();
    await flush();
    const old = house.transport;
    const offer = house.socket.last("offer")!;
    house.socket.say({ type: "renew" });
    house.socket.say({ type: "answer", id: offer.id, generation: 1, sdp: "late", slots: [] });
    await flush();
    expect(old.answers).toEqual(["answer 1"]);
    await house.answer();
    expect(house.transport.answers).toEqual(["answer 2"]);
  });
});
