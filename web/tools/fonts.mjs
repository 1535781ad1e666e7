/**
 * Cuts the files of type to what shared/ui/fonts.css says of each: the letters of its unicode-range. Hinting goes, more than
 * half of their weight: at the sizes here it moves no stem on a screen of today. The names of makers and licence stay inside.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import subsetFont from "subset-font";

const ui = new URL("../shared/ui/", import.meta.url);
const makers = new URL("../node_modules/@fontsource/be-vietnam-pro/", import.meta.url);
const [copyright, licence, licenceAddress] = [0, 13, 14]; // of the name table

/** "U+0000-00FF, U+0131": the letters themselves. */
function lettersOf(ranges) {
  const codes = ranges.split(",").flatMap((range) => {
    const [from, to = from] = range.trim().slice(2).split("-").map((text) => parseInt(text, 16));
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return String.fromCodePoint(...codes);
}

const css = await readFile(new URL("fonts.css", ui), "utf8");
await mkdir(new URL("fonts/", ui), { recursive: true });
for (const [, name, ranges] of css.matchAll(/url\("\.\/fonts\/([^"]+)"\)[^}]*unicode-range: ([^;]+);/g)) {
  const font = await readFile(new URL(`files/${name}`, makers));
  await writeFile(new URL(`fonts/${name}`, ui), await subsetFont(font, lettersOf(ranges), { targetFormat: "woff2", noHinting: true, preserveNameIds: [copyright, licence, licenceAddress] }));
}
