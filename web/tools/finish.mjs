/**
 * After the build: the service worker learns its version, and every text file gets .br and .gz beside it
 * so that the server compresses nothing while it serves.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const textual = /\.(html|js|css|json|svg|txt|webmanifest|map)$/;
const worthCompressing = 256;

async function files(folder = "") {
  const entries = await readdir(new URL(folder || ".", dist), { withFileTypes: true });
  const nested = await Promise.all(entries.map((e) => (e.isDirectory() ? files(`${folder}${e.name}/`) : [folder + e.name])));
  return nested.flat().sort();
}

async function writeServiceWorker(names) {
  const cached = names.filter((n) => n.startsWith("assets/") || /^(icons\/|offline\.html)/.test(n) || n === "join/index.html" || n === "kiosk/index.html");
  const sums = await Promise.all(cached.map(async (n) => createHash("sha256").update(await readFile(new URL(n, dist))).digest("hex")));
  const version = createHash("sha256").update(sums.join("")).digest("hex").slice(0, 12);
  const template = await readFile(new URL("../shared/pwa/worker.js", import.meta.url), "utf8");
  const shell = cached.filter((n) => /^(offline\.html|icons\/(offline\.css|icon\.svg))$/.test(n)).map((n) => `/${n}`);
  await writeFile(new URL("sw.js", dist), template.replaceAll("__VERSION__", version).replaceAll('"__FILES__"', JSON.stringify(shell)));
}

async function compress(name) {
  const body = await readFile(new URL(name, dist));
  if (body.length < worthCompressing) return;
  const brotli = await promisify(brotliCompress)(body, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  });
  await writeFile(new URL(`${name}.br`, dist), brotli);
  await writeFile(new URL(`${name}.gz`, dist), await promisify(gzip)(body, { level: 9 }));
}

await writeServiceWorker(await files());
for (const name of (await files()).filter((n) => textual.test(n))) await compress(name);

/** What a first visit of a page loads: its HTML and what that names, as sent. */
async function weight(page) {
  const html = await readFile(new URL(`${page}/index.html`, dist), "utf8").catch(() => null);
  if (html === null) return;
  const loaded = [`${page}/index.html`, ...[...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((m) => m[1])];
  for (const css of loaded.filter((n) => n.endsWith(".css"))) {
    const text = await readFile(new URL(css, dist), "utf8");
    loaded.push(...[...text.matchAll(/url\(["']?\/(assets\/[^"')]+)/g)].map((m) => m[1]).filter((n) => !n.includes("latin-ext")));
  }
  const sizes = await Promise.all([...new Set(loaded)].map(async (n) => (await stat(new URL(`${n}.br`, dist)).catch(() => stat(new URL(n, dist)))).size));
  console.log(`/${page}: ${(sizes.reduce((a, b) => a + b, 0) / 1000).toFixed(1)} kB over the wire, fonts included`);
}
for (const page of ["join", "kiosk", "admin"]) await weight(page);
