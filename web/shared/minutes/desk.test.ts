import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AddendumText, ApiError, type Minutes, type MinutesPort, type MinutesText, networkCode } from "../api";
import { MinutesDesk } from "./desk";
import type { Draft, Drafts } from "./drafts";

const content = { people: [], recording: { state: "none" as const, files: [] }, stills: [] };
const minutes = (version: number, text: MinutesText, more: Partial<Minutes> = {}): Minutes => ({ version, state: version ? "draft" : "empty", text, content, doctors: [], signatures: [], addenda: [], me: "p1", ...more });

/** The server, as far as one desk sees it. */
class Server implements MinutesPort {
  now = minutes(0, {});
  down = false;
  /** The next answer is lost on the way. */
  lost = false;
  private answer() {
    if (this.down) throw new ApiError({ title: "no network", status: 0, code: networkCode });
    return { minutes: this.now, etag: `"${this.now.version}.."` };
  }
  load = (seen?: string) => Promise.resolve().then(() => (this.answer().etag === seen ? null : this.answer()));
  save = (version: number, text: MinutesText) =>
    Promise.resolve().then(() => {
      this.answer();
      if (this.now.state === "locked") throw new ApiError({ title: "locked", status: 409, code: "minutes-locked" });
      if (version !== this.now.version) throw new ApiError({ title: "changed", status: 412, code: "minutes-changed", minutes: this.now });
      this.now = minutes(version + 1, text);
      return this.answer();
    });
  sign = () => Promise.resolve().then(() => ((this.now = { ...this.now, version: this.now.version + 1, state: "locked" }), this.answer()));
  withdraw = () => Promise.resolve().then(() => this.answer());
  print = () => Promise.resolve(new Blob());
  addend = (number: number, addendum: AddendumText) =>
    Promise.resolve().then(() => {
      if (this.lost) {
        this.write(number, addendum);
        this.lost = false;
        throw new ApiError({ title: "no network", status: 0, code: networkCode });
      }
      this.answer();
      if (number !== this.now.addenda.length + 1) throw new ApiError({ title: "changed", status: 412, code: "minutes-changed", minutes: this.now });
      this.write(number, addendum);
      return this.answer();
    });
  write(number: number, addendum: AddendumText, id = "p1") {
    const one = { ...addendum, number, author: { id, name: id, role: "doctor" as const }, part: "chair" as const, method: "ticket" as const, signed_at: "", sha256: "" };
    this.now = { ...this.now, version: this.now.version + 1, addenda: [...this.now.addenda, one] };
  }
}

/** What the browser keeps. */
class Memory implements Drafts {
  draft: Draft | null = null;
  load = () => Promise.resolve(this.draft);
  keep = (_who: string, draft: Draft) => void (this.draft = draft);
  drop = () => void (this.draft = null);
}

let server: Server;
let drafts: Memory;
let desk: MinutesDesk;
let leave: () => void;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new Server();
  drafts = new Memory();
  desk = new MinutesDesk(server, drafts);
  leave = desk.subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
});
afterEach(() => {
  leave();
  vi.useRealTimers();
});
const pause = (ms = 1300) => vi.advanceTimersByTimeAsync(ms);

describe("a place at the minutes", () => {
  it("saves what was typed when the typing pauses", async () => {
    desk.edit("summary", "Đau");
    desk.edit("summary", "Đau ngực");
    expect(desk.state.typed).toBe(true);
    await pause();
    expect(server.now).toMatchObject({ version: 1, text: { summary: "Đau ngực" } });
    expect(desk.state.typed).toBe(false);
  });

  it("saves every few seconds of who types without a pause", async () => {
    for (let n = 0; n < 12; n++) {
      desk.edit("summary", "a".repeat(n + 1));
      await pause(500);
    }
    expect(server.now.version).toBe(1);
    expect(desk.state.typed).toBe(true);
  });

  it("sees what another writes, beside what is typed here", async () => {
    desk.edit("conclusion", "Theo dõi.");
    server.now = minutes(1, { summary: "Sốt." });
    await pause();
    await pause();
    expect(desk.state.conflicts.size).toBe(0);
    expect(server.now.text).toMatchObject({ summary: "Sốt.", conclusion: "Theo dõi." });
    expect(desk.state.fields.values["summary"]).toBe("Sốt.");
  });

  it("asks when both have written in one field, and saves nothing before it is answered", async () => {
    desk.edit("summary", "Khó thở.");
    server.now = minutes(1, { summary: "Sốt." });
    await pause(10_000);
    expect(desk.state.conflicts.get("summary")).toBe("Sốt.");
    expect(server.now.version).toBe(1);
    expect(desk.state.fields.values["summary"]).toBe("Khó thở.");
    desk.resolve("summary", "mine");
    await pause();
    expect(server.now.text.summary).toBe("Khó thở.");
  });

  it("keeps what is typed while the line is down, and sends it when it is back", async () => {
    server.down = true;
    desk.edit("summary", "Đau ngực");
    await pause();
    expect(desk.state).toMatchObject({ offline: true, typed: true });
    server.down = false;
    await pause(5100);
    expect(server.now.text.summary).toBe("Đau ngực");
    expect(desk.state).toMatchObject({ offline: false, typed: false });
  });

  it("keeps the words of who was typing when it was locked", async () => {
    desk.edit("summary", "Đau ngực");
    server.now = minutes(1, { summary: "Sốt." }, { state: "locked" });
    await pause(10_000);
    expect(desk.state.fields.values["summary"]).toBe("Đau ngực");
    expect(server.now.text.summary).toBe("Sốt.");
  });

  it("signs what it has saved", async () => {
    desk.edit("conclusion", "Chuyển viện.");
    expect(await desk.sign()).toBe(true);
    expect(server.now).toMatchObject({ state: "locked", text: { conclusion: "Chuyển viện." } });
  });
});

describe("a page that is gone before the server has all of it", () => {
  const again = async () => {
    leave();
    desk = new MinutesDesk(server, drafts);
    leave = desk.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
  };

  it("loses nothing: what was typed is there again, over what others have written", async () => {
    server.down = true;
    desk.edit("summary", "Đau ngực");
    await pause();
    server.down = false;
    server.now = minutes(1, { conclusion: "Theo dõi." });
    await again();
    expect(desk.state.fields.values).toMatchObject({ summary: "Đau ngực", conclusion: "Theo dõi." });
    await pause();
    expect(server.now.text).toMatchObject({ summary: "Đau ngực", conclusion: "Theo dõi." });
    expect(drafts.draft).toBeNull();
  });

  it("asks when another has written in the same field meanwhile", async () => {
    server.down = true;
    desk.edit("summary", "Đau ngực");
    await pause();
    server.down = false;
    server.now = minutes(1, { summary: "Sốt." });
    await again();
    expect(desk.state.conflicts.get("summary")).toBe("Sốt.");
    expect(desk.state.fields.values["summary"]).toBe("Đau ngực");
  });

  it("keeps an addendum that is not signed yet", async () => {
    desk.draft({ kind: "supplement", reason: "mới", text: "một" });
    await again();
    expect(desk.state.addendum?.text).toBe("một");
    desk.draft(null);
    expect(drafts.draft).toBeNull();
  });
});

describe("what was typed", () => {
  it("is kept in the browser no longer than until the minutes are signed, and still stands on the page", async () => {
    server.down = true;
    desk.edit("summary", "Đau ngực");
    await pause();
    expect(drafts.draft).not.toBeNull();
    server.down = false;
    server.now = minutes(3, { summary: "Sốt." }, { state: "signed" });
    await pause(5000);
    expect(drafts.draft).toBeNull();
    expect(desk.state.fields.values["summary"]).toBe("Đau ngực");
  });
});

describe("an addendum", () => {
  const words: AddendumText = { kind: "correction", reason: "sót", text: "một dòng\r\nhai dòng " };

  it("is kept while the line is down, and sent again by hand", async () => {
    desk.draft(words);
    server.down = true;
    expect(await desk.addend(1)).toBe(false);
    expect(desk.state.addendum).toEqual(words);
    expect(desk.state.offline).toBe(true);
    server.down = false;
    expect(await desk.addend(1)).toBe(true);
    expect(server.now.addenda.map(({ text }) => text)).toEqual(["một dòng\nhai dòng"]);
    expect(desk.state.addendum).toBeNull();
  });

  it("whose answer was lost is known for one's own at the next look", async () => {
    desk.draft(words);
    server.lost = true;
    expect(await desk.addend(1)).toBe(false);
    await vi.advanceTimersByTimeAsync(4000);
    expect(desk.state.addendum).toBeNull();
    expect(server.now.addenda).toHaveLength(1);
  });

  it("stays to be read again when another was faster, and says so", async () => {
    desk.draft(words);
    server.write(1, { ...words, text: "khác" }, "p2");
    expect(await desk.addend(1)).toBe(false);
    expect(desk.state.addendum).toEqual(words);
    expect(desk.state.fault?.title).toBe("changed");
    expect(desk.state.minutes?.addenda).toHaveLength(1);
    expect(await desk.addend(2)).toBe(true);
  });
});
