import { describe, expect, it } from "vitest";
import { adminApi } from "./admin";
import { ApiError, createApi, retryAfterSeconds, type ApiOptions } from "./client";
import { pairingApi } from "./kiosk";

type Answer = Response | (() => Promise<Response>);

/** A server that answers in turn with what is given, and remembers what it was asked. */
function server(...answers: Answer[]) {
  const asked: Request[] = [];
  const ask: typeof fetch = (input, init) => {
    asked.push(new Request(new URL(input as string, "https://house.test"), { ...init, signal: null }));
    const answer = answers.shift();
    if (!answer) return Promise.reject(new TypeError("no route to host"));
    return typeof answer === "function" ? answer() : Promise.resolve(answer);
  };
  return { asked, fetch: ask };
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
const cut = () => Promise.reject(new TypeError("cut"));

async function refusal(asking: Promise<unknown>): Promise<ApiError> {
  const fault: unknown = await asking.catch((e: unknown) => e);
  expect(fault).toBeInstanceOf(ApiError);
  return fault as ApiError;
}
const get = (options: ApiOptions) => createApi(options).get("/rooms");

describe("the panel's calls", () => {
  it("learn the CSRF token at sign-in and send it back on writes only", async () => {
    const session = { csrf: "c5rf", user: { id: "u1", username: "admin", name: "Quản trị", role: "admin" }, must_change_password: false };
    const net = server(json(session), json({ items: [] }), json({ id: "s1" }, 201));
    const api = adminApi({ fetch: net.fetch });
    await api.session.signIn("admin", "secret");
    await api.sites.list({ q: "Lào Cai" });
    await api.sites.create({ name: "TTYT Bát Xát", kind: "clinic" });
    expect(net.asked.map((a) => a.headers.get("X-CSRF-Token"))).toEqual([null, null, "c5rf"]);
    expect(net.asked[1]?.url).toBe("https://house.test/api/v1/sites?q=L%C3%A0o+Cai");
    expect(await net.asked[2]?.text()).toBe('{"name":"TTYT Bát Xát","kind":"clinic"}');
  });

  it("put ids into the path so that no id can become another path", async () => {
    const net = server(json({}));
    await adminApi({ fetch: net.fetch }).consultations.get("../users");
    expect(net.asked[0]?.url).toBe("https://house.test/api/v1/consultations/..%2Fusers");
  });

  it("carry what a booking collides with and the next free time", async () => {
    const body = { type: "/problems/conflict", title: "Trùng giờ", conflicts: [{ id: "c1" }], next_free: "2026-11-22T08:00:00Z" };
    const api = adminApi({ fetch: server(json(body, 409)).fetch });
    const refused = await refusal(api.consultations.book({ title: "x", starts_at: "a", ends_at: "b" }));
    expect(refused.code).toBe("conflict");
    expect(refused.problem.next_free).toBe("2026-11-22T08:00:00Z");
    expect(refused.problem.conflicts?.map((c) => c.id)).toEqual(["c1"]);
  });
});

describe("when the answer is no", () => {
  it("says how long to wait when throttled", async () => {
    const net = server(json({ code: "too-many-attempts" }, 429, { "Retry-After": "40" }));
    expect((await refusal(get({ fetch: net.fetch }))).retryAfterS).toBe(40);
    expect(retryAfterSeconds("Thu, 01 Jan 1970 00:01:30 GMT", 30_000)).toBe(60);
    expect(retryAfterSeconds("soon", 0)).toBeNull();
  });

  it("tells the application of a session that is gone", async () => {
    let told = 0;
    await refusal(get({ fetch: server(json({ code: "not-signed-in" }, 401)).fetch, onUnauthorized: () => told++ }));
    expect(told).toBe(1);
  });

  it("does not take half an answer for an answer", async () => {
    const broken = new Response("{", { status: 200, headers: { "Content-Type": "application/json" } });
    expect((await refusal(get({ fetch: server(broken).fetch }))).code).toBe("http-200");
  });
});

describe("when no answer comes", () => {
  it("says so once when the server goes out of reach and once when it is back", async () => {
    const told: boolean[] = [];
    const api = createApi({ fetch: server(json({}), cut, cut, json({})).fetch, onReach: (r) => told.push(r) });
    await api.get("/a");
    expect((await refusal(api.get("/b"))).unreachable).toBe(true);
    await refusal(api.get("/c"));
    await api.get("/d");
    expect(told).toEqual([false, true]);
  });

  it("counts a silent server as unreachable after the longest wait", async () => {
    const silent: typeof fetch = (_input, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new DOMException("timeout", "TimeoutError"))));
    expect((await refusal(get({ fetch: silent, timeoutMs: 5 }))).unreachable).toBe(true);
  });

  it("does not take a view that went away for a lost server", async () => {
    const told: boolean[] = [];
    const gone = new AbortController();
    gone.abort();
    const api = createApi({ fetch: () => Promise.reject(new DOMException("gone", "AbortError")), onReach: (r) => told.push(r) });
    await expect(api.get("/rooms", undefined, gone.signal)).rejects.toMatchObject({ name: "AbortError" });
    expect(told).toEqual([]);
  });
});

describe("pairing", () => {
  it("shows the secret of its own pairing only, and none when it starts anew", async () => {
    const pairing = (n: number) => json({ id: `p${n}`, code: "ABC234", secret: `s${n}`, expires_at: "2026-11-22T14:00:00Z" }, 201);
    const net = server(pairing(1), json({ state: "waiting" }), pairing(2));
    const api = pairingApi({ fetch: net.fetch });
    await api.start();
    await api.state("p1");
    await api.start();
    expect(net.asked.map((a) => a.headers.get("Authorization"))).toEqual([null, "Bearer s1", null]);
  });
});
