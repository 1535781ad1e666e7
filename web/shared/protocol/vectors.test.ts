/** The samples that the C side's tests read too, against the schema that our types are made from. */
import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import type * as P from "./messages";
import { roomAfter, roomFrom } from "../session/room";

interface Sample {
  about: string;
  valid?: boolean;
  message: { type?: string };
}
const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const samples = (side: string) => JSON.parse(read(`tests/vectors/messages/${side}.json`)) as Sample[];
const schema = JSON.parse(read("signaling/protocol.schema.json")) as { $id: string; $defs: Record<string, { properties?: { type?: { const?: string } } }> };

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(schema, "protocol");
const check = (name: string) => ajv.compile({ $ref: `protocol#/$defs/${name}` });
const fromClient = check("ClientMessage");
const fromServer = check("ServerMessage");

describe("samples of the protocol", () => {
  it.each(samples("client"))("client: $about", ({ valid, message }) => expect(fromClient(message), JSON.stringify(fromClient.errors)).toBe(valid));
  it.each(samples("server"))("server: $about", ({ message }) => expect(fromServer(message), JSON.stringify(fromServer.errors)).toBe(true));

  it("hold every type there is", () => {
    const known = Object.values(schema.$defs).map((definition) => definition.properties?.type?.const);
    const sampled = new Set([...samples("client"), ...samples("server")].map((sample) => sample.message.type));
    expect(known.filter((type) => type !== undefined && !sampled.has(type))).toEqual([]);
  });

  it("are taken by the room one after the other", () => {
    const messages = samples("server").map((sample) => sample.message as P.ServerMessage);
    const first = roomFrom(messages[0] as P.Joined, Date.parse("2026-11-22T14:00:00Z"), null);
    const room = messages.slice(1).reduce(roomAfter, first);
    expect(room.clockOffsetMs).toBe(5729);
    expect([...room.participants.keys()]).toEqual(["egcy8ylubs8aiy7y"]);
    expect(room.recording.reason).toBe("withdrawn");
    expect(room.chat).toHaveLength(2);
  });
});
