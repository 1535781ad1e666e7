/**
 * After the build: the service worker learns its version, and every text file gets .br and .gz beside it
 * so that the server compresses nothing while it serves.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const textual = /\.(html|js|css|json|svg|txt|webmanifest|map|wasm)$/;
const worthCompressing = 256;
const large = 1_000_000; // the best quality would take a minute

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
    params: { [constants.BROTLI_PARAM_QUALITY]: body.length > large ? 9 : 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  });
  await writeFile(new URL(`${name}.br`, dist), brotli);
  if (!name.endsWith(".wasm")) await writeFile(new URL(`${name}.gz`, dist), await promisify(gzip)(body, { level: 9 }));
}

/** The parts of blurring that are fetched by address and by name; engines without SIMD are older than WebRTC asks for anyway. */
async function copyBackgroundBlur() {
  const from = new URL("../node_modules/@shiguredo/virtual-background/", import.meta.url);
  const { version } = JSON.parse(await readFile(new URL("package.json", from), "utf8"));
  const to = new URL(`assets/virtual-background-${version}/`, dist);
  await mkdir(to, { recursive: true });
  for (const name of (await readdir(new URL("dist/", from))).filter((n) => /^selfie_segmentation.*(simd_wasm_bin\.(js|wasm)|landscape\.tflite|binarypb)$/.test(n)))
    await writeFile(new URL(name, to), await readFile(new URL(`dist/${name}`, from))); // not copied: modes in there are its maker's
}

await copyBackgroundBlur();
await writeServiceWorker(await files());
for (const name of (await files()).filter((n) => textual.test(n))) await compress(name);

/**
 * What a page loads before it can do its work, as sent: what Vite's manifest says its entry needs, with the parts that are
 * fetched while the person looks at the first page (`then`), without those that a person has to ask for.
 */
async function weight(page, { entry, then = [], mostKb = Infinity }) {
  const manifest = JSON.parse(await readFile(new URL(".vite/manifest.json", dist), "utf8"));
  const wanted = new Set([`${page}/index.html`]);
  const seen = new Set();
  const visit = (name) => {
    const chunk = manifest[name];
    if (!chunk || seen.has(name)) return;
    seen.add(name);
    for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) wanted.add(file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  for (const name of [entry, ...then]) visit(name);
  const size = async (file) => (await stat(new URL(`${file}.br`, dist)).catch(() => stat(new URL(file, dist)))).size;
  const kB = (await Promise.all([...wanted].map(size))).reduce((a, b) => a + b, 0) / 1000;
  console.log(`/${page}${then.length > 0 ? " and its call" : ""}: ${kB.toFixed(1)} kB over the wire, fonts included`);
  if (kB > mostKb) throw new Error(`/${page} weighs ${kB.toFixed(1)} kB; ${mostKb} is what a district's line is asked to carry`);
}
await weight("join", { entry: "doctor/index.html", then: ["doctor/call_page.tsx"], mostKb: 150 });
await weight("kiosk", { entry: "kiosk/index.html" });
await weight("kiosk", { entry: "kiosk/index.html", then: ["kiosk/call_page.tsx"], mostKb: 150 });
await weight("admin", { entry: "admin/index.html" });
await rm(new URL(".vite", dist), { recursive: true }); // what it was built of is nothing to serve
