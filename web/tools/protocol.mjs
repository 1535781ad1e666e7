/** Makes shared/protocol/messages.ts from signaling/protocol.schema.json, the one source both ends read. */
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const source = new URL("../../signaling/protocol.schema.json", import.meta.url);
const target = new URL("../shared/protocol/messages.ts", import.meta.url);

const schema = JSON.parse(await readFile(source, "utf8"));
// The compiler names types after $defs only when they are titled or reached by reference; a root that names them all does.
const root = {
  title: "Protocol",
  type: "object",
  additionalProperties: false,
  properties: Object.fromEntries(Object.keys(schema.$defs).map((name) => [name, { $ref: `#/$defs/${name}` }])),
  $defs: schema.$defs,
};
const text = await compile(root, "Protocol", {
  additionalProperties: false,
  bannerComment: "/* Made from signaling/protocol.schema.json by `npm run protocol`. Do not edit. */",
  ignoreMinAndMaxItems: true,
  format: true,
  style: { printWidth: 120 },
});
const before = await readFile(target, "utf8").catch(() => "");
if (before !== text) await writeFile(target, text);
