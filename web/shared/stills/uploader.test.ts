import { expect, test } from "vitest";
import type { Outbox, Parcel } from "./outbox";
import { leastPart, partBytes, restMs } from "./pace";
import { Uploader, type UploaderPorts } from "./uploader";

class MemoryOutbox implements Outbox {
  readonly parcels = new Map<string, Parcel>();
  all = (consultation: string) => Promise.resolve([...this.parcels.values()].filter((parcel) => parcel.consultation === consultation));
  put = (parcel: Parcel) => Promise.resolve(void this.parcels.set(parcel.id, parcel));
  remove = (id: string) => Promise.resolve(void this.parcels.delete(id));
}

/** A server that keeps what it gets, and fails when told to. */
class FakeServer {
  received = new Uint8Array();
  size = 0;
  begun = 0;
  parts: number[] = [];
  failures: (number | "down")[] = [];
  fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const failure = this.failures.shift();
    if (failure === "down") throw new TypeError("network");
    if (typeof failure === "number") return new Response(JSON.stringify({ detail: "Loại tệp không được nhận.", action: "Hãy đổi loại." }), { status: failure });
    const headers = new Headers(init?.headers);
    expect(headers.get("Authorization")).toBe("Bearer the-ticket");
    expect(headers.get("Accept-Language")).toBe("en");
    if (init?.method === "POST") {
      this.begun += 1;
      this.size = Number(headers.get("Upload-Length"));
      return new Response(null, { status: 201, headers: { Location: "/there" } });
    }
    expect(input).toBe("/there");
    if (init?.method === "PATCH") {
      if (Number(headers.get("Upload-Offset")) !== this.received.length) return new Response(null, { status: 409 });
      const part = new Uint8Array(await (init.body as Blob).arrayBuffer());
      this.parts.push(part.length);
      this.received = new Uint8Array([...this.received, ...part]);
    }
    return new Response(null, { status: init?.method === "PATCH" ? 204 : 200, headers: { "Upload-Offset": String(this.received.length) } });
  };
}

const bytes = Uint8Array.from({ length: 30_000 }, (_, index) => index % 251);
const parcel: Parcel = { id: "s1", consultation: "c", kind: "still", name: "", blob: new Blob([bytes]), location: null, createdMs: 0 };

function scene(server: FakeServer, outbox = new MemoryOutbox(), line: "good" | "poor" = "poor") {
  const refused: string[] = [];
  const pauses: number[] = [];
  const idle = { resolve: () => undefined as void };
  const ports: UploaderPorts = {
    outbox,
    ticket: () => "the-ticket",
    language: () => "en",
    line: () => line,
    fetch: server.fetch,
    pause: (ms) => Promise.resolve(void pauses.push(ms)),
    onChange: (sending) => sending.length === 0 && idle.resolve(),
    onRefused: (_parcel, words) => refused.push(words),
  };
  const uploader = new Uploader(ports);
  const finished = new Promise<void>((resolve) => (idle.resolve = resolve));
  return { uploader, outbox, refused, pauses, finished };
}

test("a file arrives whole, in small parts while the line is poor, and leaves the outbox", async () => {
  const server = new FakeServer();
  const { uploader, outbox, finished } = scene(server);
  await uploader.send(parcel);
  await finished;
  expect(server.received).toEqual(bytes);
  expect(Math.max(...server.parts)).toBeLessThanOrEqual(8192);
  expect(outbox.parcels.size).toBe(0);
});

test("an outage costs nothing but time", async () => {
  const server = new FakeServer();
  server.failures = ["down", "down"];
  const { uploader, finished, pauses } = scene(server);
  await uploader.send(parcel);
  await finished;
  expect(server.received).toEqual(bytes);
  expect(pauses).toContain(1000);
  expect(pauses).toContain(2000);
});

test("what the server has is not sent again, though its answer never came", async () => {
  const server = new FakeServer();
  const original = server.fetch;
  let patches = 0;
  server.fetch = async (input, init) => {
    const answer = await original(input, init);
    if (init?.method === "PATCH" && ++patches === 1) throw new TypeError("the answer got lost");
    return answer;
  };
  const { uploader, finished } = scene(server);
  await uploader.send(parcel);
  await finished;
  expect(server.received).toEqual(bytes);
});

test("after a reload it goes on where the server is, without beginning again", async () => {
  const server = new FakeServer();
  server.size = bytes.length;
  server.received = bytes.slice(0, 10_000);
  const outbox = new MemoryOutbox();
  await outbox.put({ ...parcel, location: "/there" });
  const { uploader, finished } = scene(server, outbox);
  await uploader.resume("c");
  await finished;
  expect(server.begun).toBe(0);
  expect(server.received).toEqual(bytes);
});

test("a refusal ends it, in the server's words", async () => {
  const server = new FakeServer();
  server.failures = [422];
  const { uploader, outbox, refused, finished } = scene(server);
  await uploader.send(parcel);
  await finished;
  expect(refused).toEqual(["Loại tệp không được nhận. Hãy đổi loại."]);
  expect(outbox.parcels.size).toBe(0);
});

test("the worse the line, the smaller the parts and the longer the rests", () => {
  expect(partBytes("good", null)).toBeGreaterThan(partBytes("fair", null));
  expect(partBytes("fair", null)).toBeGreaterThan(partBytes("poor", null));
  expect(partBytes("good", 60_000)).toBeLessThan(partBytes("good", 100));
  expect(partBytes("poor", 600_000)).toBe(leastPart);
  expect(restMs("poor", 1000)).toBeGreaterThan(restMs("good", 1000));
  expect(restMs("poor", 1_000_000)).toBeLessThanOrEqual(20_000);
});
