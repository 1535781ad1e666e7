// The long runs behind `make lab`: each line of the matrix (and some that take too long for `make test`) with either browser at its
// far end; a table on standard output, and build/lab/report.html with a picture of each run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LINKS } from './links.mjs';
import { Consultation, sees, sleep } from './people.mjs';
import { chart, perSecond } from './plot.mjs';
import { figures, samplesOf } from './watch.mjs';

const OUT = resolve(fileURLToPath(import.meta.url), '../../../build/lab');
/** Lines that need patience. */
const LONG = {
  steady: { words: '700 kbit/s, 2 minutes', steps: [{ for: 120, both: { rate: '700k', delay: 30 } }] },
  jitter: { words: '2 Mbit/s, 40 ± 30 ms, 1 % reordered', steps: [{ for: 60, both: { rate: '2M', delay: 40, jitter: 30, reorder: 1 } }] },
  waves: {
    words: '3G on a hillside: 1 Mbit/s to 150 kbit/s and back, 2 % loss in bursts',
    steps: [1000, 500, 150, 300, 800, 200, 1000].map((kbps) => ({ for: 15, both: { rate: `${kbps}k`, loss: 2, burst: 4, delay: 60, jitter: 15, queue: 300 } })),
  },
};
const wanted = process.argv.slice(2);
const lines = Object.entries({ ...LINKS, ...LONG }).filter(([name]) => !wanted.length || wanted.includes(name));

async function run(room, far, { steps }) {
  const parts = [];
  for (const { both, for: seconds } of steps) {
    const since = Date.now();
    await room.lab.both(both);
    await sleep(seconds * 1000);
    parts.push({ both, since, samples: await samplesOf(far, since) });
  }
  const healed = Date.now();
  await room.lab.heal();
  const back = await sees(far, 640, 60000).then(() => Date.now() - healed, () => null);
  return { parts, back };
}

const rows = [], charts = [];

function note({ parts, back }, line, far) {
  for (const { both, samples } of parts) {
    const { concealed, gap, fps, width, kbps, changes, freezes, rtt } = figures(samples);
    rows.push({ browser: far.kind, line: line.words, step: Object.entries(both).map(([k, v]) => `${k}=${v}`).join(' '), 'concealed %': concealed,
      'no sound ms': gap, 'frames/s': fps, width, 'kbit/s': kbps, changes, freezes, 'rtt ms': rtt, 'top again ms': back });
  }
  charts.push(`<h2>${line.words}: ${far.kind}</h2>${chart(parts.flatMap(({ samples }) => perSecond(samples)))}`);
}

/** After every line: who stops half-way has what there is. */
function write() {
  mkdirSync(OUT, { recursive: true });
  const head = Object.keys(rows[0] ?? {}).map((key) => `<th>${key}</th>`).join('');
  const body = rows.map((row) => `<tr>${Object.values(row).map((value) => `<td>${value ?? '–'}</td>`).join('')}</tr>`).join('\n');
  writeFileSync(join(OUT, 'report.html'), `<!doctype html><meta charset="utf-8"><title>hoichan: lines</title>
<style>body{font:14px sans-serif;margin:2em}td,th{padding:2px 8px;text-align:right;border-bottom:1px solid #ccc}svg{max-width:100%}</style>
<table><tr>${head}</tr>\n${body}</table>\n${charts.join('\n')}`);
}

const seconds = lines.flatMap(([, { steps }]) => steps).reduce((sum, step) => sum + step.for, 0) + 30 * lines.length;
console.log(`${lines.length} lines with two browsers: about ${Math.ceil((2 * seconds) / 60)} minutes`);
for (const firefox of [false, true]) {
  const room = await Consultation.open();
  try {
    await room.near();
    const far = await room.far({ firefox });
    await sees(far, 640);
    for (const [name, line] of lines) {
      note(await run(room, far, line), line, far);
      write();
      console.log(`${far.kind}, ${name}: ${JSON.stringify(rows.at(-1))}`);
    }
  } catch (error) {
    console.error(`given up: ${error.message}`); // the other browser still has its turn
    process.exitCode = 1;
  } finally {
    await room.close();
  }
}
console.table(rows);
console.log(`the pictures: ${join(OUT, 'report.html')}`);
process.exit();
