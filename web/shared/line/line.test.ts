import { afterEach, describe, expect, it, vi } from "vitest";
import { measureBandwidth, rate } from "./bandwidth";
import { climb, onlyOver, targetsOf, waysOf } from "./ladder";
import { carries, judge, withWays, worst } from "./line";

describe("judge", () => {
  it("knows a good line, even when the first request was slow", () => expect(judge([250, 20, 22, 19, 25], 0)).toBe("good"));
  it("calls a satellite's delay poor", () => expect(judge([900, 850, 910, 880, 1200], 0)).toBe("poor"));
  it("calls lost requests by what they are", () => {
    expect(judge([30, 40, 35, 50], 1)).toBe("fair");
    expect(judge([30, 40, 35], 2)).toBe("poor");
  });
  it("admits when it does not know", () => expect(judge([], 5)).toBe("unknown"));
});

describe("bandwidth", () => {
  /** A line of so many kbit/s and ms; counts what was sent over it. */
  function line(kbps: number, rttMs: number) {
    const clock = { ms: 0, bytes: 0 };
    const transfer = (bytes: number) => {
      clock.ms += rttMs + (bytes * 8) / kbps;
      clock.bytes += bytes;
      return Promise.resolve();
    };
    return { clock, transfers: { down: transfer, up: transfer }, now: () => clock.ms };
  }
  const never = new AbortController().signal;

  it.each([64, 300, 2000, 20000])("comes near to %i kbit/s over a long way", async (kbps) => {
    const { transfers, now } = line(kbps, 200);
    const found = await measureBandwidth(transfers, 200, never, now);
    expect(found.down).toBeGreaterThan(kbps * 0.6);
    expect(found.up).toBeLessThan(kbps * 1.6);
  });
  it("takes a thin line little and little time", async () => {
    const { clock, transfers, now } = line(64, 400);
    await measureBandwidth(transfers, 400, never, now);
    expect(clock.bytes).toBeLessThan(20_000);
    expect(clock.ms).toBeLessThan(4000);
  });
  it("says so when nothing comes through", async () => {
    const dead = () => Promise.reject(new Error("timeout"));
    expect(await measureBandwidth({ down: dead, up: dead }, 100, never)).toEqual({ down: null, up: null });
  });
  it("never divides by a round trip that was longer than the transfer", () => expect(rate(4096, 100, 400)).toBeLessThan(1000));
  it("is judged by the thinner direction", () => {
    expect(carries({ down: 8000, up: 90 })).toBe("poor");
    expect(carries({ down: 400, up: 5000 })).toBe("fair");
    expect(carries({ down: 8000, up: null })).toBe("poor");
    expect(worst("fair", "good")).toBe("fair");
  });
});

describe("ladder", () => {
  afterEach(() => void vi.unstubAllGlobals());
  const answer = ["v=0", "a=candidate:u0 1 udp 2130706431 203.0.113.5 10000 typ host", "a=candidate:t0 1 tcp 1509957375 203.0.113.5 10000 typ host tcptype passive", "a=end-of-candidates"].join("\r\n");
  it("has a rung for each way there is", () => {
    const servers = [{ urls: ["turn:turn.example:3478", "turn:turn.example:3478?transport=tcp", "turns:turn.example:443?transport=tcp", "stun:stun.example"], username: "u", credential: "c" }];
    expect(waysOf(servers).map((rung) => rung.way)).toEqual(["udp", "tcp", "turn-udp", "turn-tcp", "turn-tls"]);
    expect(waysOf([]).map((rung) => rung.way)).toEqual(["udp", "tcp"]);
  });
  it("leaves a rung no other way than its own", () => {
    expect(onlyOver("tcp", answer)).not.toContain(" udp ");
    expect(onlyOver("udp", answer)).toContain("2130706431");
    expect(onlyOver("udp", answer)).toContain("a=end-of-candidates");
  });
  it("tells what a firewall would have to let through", () => expect(targetsOf(answer)).toEqual(["203.0.113.5:10000"]));
  describe("of ways that nobody answers", () => {
    /** Each connection gets as far as `reached` tells of its candidates, and no further. */
    function connections(reached: (sdp: string) => { ice: string; state: string }) {
      class Connection extends EventTarget {
        connectionState = "new";
        iceConnectionState = "new";
        localDescription = { sdp: "" };
        addTransceiver() {}
        close() {}
        setLocalDescription = () => Promise.resolve();
        setRemoteDescription = ({ sdp }: { sdp: string }) => {
          ({ ice: this.iceConnectionState, state: this.connectionState } = reached(sdp));
          return Promise.resolve();
        };
      }
      vi.stubGlobal("RTCPeerConnection", Connection);
    }
    const nowhere = { ice: "checking", state: "connecting" };
    async function states(isHeard: boolean) {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
      vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
        const stop = new AbortController();
        setTimeout(() => stop.abort(), ms);
        return stop.signal;
      });
      const found = climb([], () => Promise.resolve(answer), () => Promise.resolve(isHeard), () => undefined, new AbortController().signal);
      await vi.advanceTimersByTimeAsync(10_000);
      return Object.fromEntries((await found).map(({ way, state }) => [way, state]));
    }
    afterEach(() => {
      vi.useRealTimers();
      vi.restoreAllMocks();
    });

    it("calls those blocked that only a firewall can have stopped", async () => {
      connections(() => nowhere);
      expect(await states(true)).toEqual({ udp: "blocked", tcp: "blocked" });
    });
    it("knows nothing of any while the server is not heard at all", async () => {
      connections(() => nowhere);
      expect(await states(false)).toEqual({ udp: "unknown", tcp: "unknown" });
    });
    it("calls one blocked beside another that is open, whatever else is heard", async () => {
      connections((sdp) => (sdp.includes(" udp ") ? nowhere : { ice: "connected", state: "connected" }));
      expect(await states(false)).toEqual({ udp: "blocked", tcp: "open" });
    });
    it("does not call one blocked where only the handshake did not end", async () => {
      connections((sdp) => (sdp.includes(" udp ") ? { ice: "connected", state: "connecting" } : nowhere));
      expect(await states(true)).toEqual({ udp: "unknown", tcp: "blocked" });
    });
    it("makes nothing of a line's figures", () => {
      const rungs = (...list: ("open" | "blocked" | "unknown")[]) => list.map((state) => ({ way: "udp" as const, state, to: [] }));
      expect(withWays("fair", rungs("blocked", "open"))).toBe("fair");
      expect(withWays("good", rungs("blocked", "blocked"))).toBe("blocked");
      expect(withWays("good", rungs("blocked", "unknown"))).toBe("unknown");
    });
  });
  it("lets go of every connection when it is left before the answer is taken", async () => {
    const left = new AbortController();
    const close = vi.fn();
    class Connection extends EventTarget {
      connectionState = "new";
      localDescription = { sdp: "" };
      addTransceiver() {}
      setLocalDescription = () => Promise.resolve();
      setRemoteDescription = () => Promise.resolve(left.abort());
      close = close;
    }
    vi.stubGlobal("RTCPeerConnection", Connection);
    await climb([], () => Promise.resolve(answer), () => Promise.resolve(true), () => undefined, left.signal);
    expect(close).toHaveBeenCalledTimes(2);
  });
});
