import { describe, expect, it } from "vitest";
import { ApiError, createApi, queryString } from "./client";

const answering = (status: number, body: unknown, seen: Request[] = []) =>
  createApi({
    csrf: () => "token-1",
    fetch: (input, init) => {
      seen.push(new Request(new URL(input as string, "https://house.test"), init));
      return Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status }));
    },
  });

describe("api", () => {
  it("sends the CSRF token with writes only", async () => {
    const seen: Request[] = [];
    const api = answering(200, {}, seen);
    await api.get("/session");
    await api.post("/consultations", { title: "Khám tim" });
    expect(seen.map((r) => r.headers.get("X-CSRF-Token"))).toEqual([null, "token-1"]);
    expect(await seen[1]?.json()).toEqual({ title: "Khám tim" });
  });
  it("asks for words in the person's language", async () => {
    const seen: Request[] = [];
    await answering(200, {}, seen).get("/session");
    expect(seen[0]?.headers.get("Accept-Language")).toBe("vi");
  });
  it("says when nobody is at the page, so that the session may end", async () => {
    const seen: Request[] = [];
    let alone = false;
    const api = createApi({
      unattended: () => alone,
      fetch: (input, init) => {
        seen.push(new Request(new URL(input as string, "https://house.test"), init));
        return Promise.resolve(new Response("{}"));
      },
    });
    await api.get("/status");
    alone = true;
    await api.get("/status");
    expect(seen.map((r) => r.headers.get("X-Unattended"))).toEqual([null, "1"]);
  });
  it("turns a problem into an error that knows its fields", async () => {
    const problem = { title: "Sai", detail: "Giờ không đúng.", code: "validation", errors: [{ field: "ends_at", message: "sau giờ bắt đầu" }] };
    const error = await answering(422, problem).post("/consultations").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).code).toBe("validation");
    expect((error as ApiError).field("ends_at")).toBe("sau giờ bắt đầu");
    expect((error as ApiError).message).toBe("Giờ không đúng.");
  });
  it("has words even when the server answers with something else", async () => {
    const api = createApi({ fetch: () => Promise.resolve(new Response("<html>", { status: 502 })) });
    const error = (await api.get("/x").catch((e: unknown) => e)) as ApiError;
    expect(error.code).toBe("http-502");
    expect(error.action).not.toBe("");
  });
  it("says when there is no network", async () => {
    const api = createApi({ fetch: () => Promise.reject(new TypeError("failed")) });
    expect(((await api.get("/x").catch((e: unknown) => e)) as ApiError).code).toBe("network");
  });
  it("has nothing to say about 204", async () => expect(await answering(204, null).delete("/session")).toBeUndefined());
  it("leaves empty filters out of the address", () => expect(queryString({ q: "", from: "2026", limit: 5, cursor: undefined })).toBe("?from=2026&limit=5"));
});
