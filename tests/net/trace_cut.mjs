// Cuts a piece out of a recorded trace, for tests/vectors/bwe: times begin at 1 s, expectations are put in.
//   node trace_cut.mjs TRACE.csv FROM_S TO_S [AT_S:LEAST_BPS:MOST_BPS …] > tests/vectors/bwe/NAME.csv     (seconds since the trace began)
import { readFileSync } from 'node:fs';

const [path, from, to, ...wanted] = process.argv.slice(2);
const expected = wanted.map((text) => text.split(':').map(Number)).sort((a, b) => a[0] - b[0]);
const begin = 1_000_000;
let start = null, now = 0, arrival = null, pending = [];
const out = [];

for (const line of readFileSync(path, 'utf8').split('\n')) {
  const [kind, ...values] = line.split(',');
  if (kind === 'c') start = Number(values[0]) + Number(from) * 1e6;
  if ('csft'.includes(kind) && kind) now = Number(values[0]) - start + begin;
  if (start === null || now < begin || now > begin + (Number(to) - Number(from)) * 1e6) {
    pending = [];
    continue;
  }
  while (expected.length && (expected[0][0] - Number(from)) * 1e6 + begin <= now) {
    const [at, least, most] = expected.shift();
    out.push(`x,${(at - Number(from)) * 1e6 + begin},${least},${most}`);
  }
  if (kind === 's') out.push(`s,${now},${values.slice(1).join(',')}`);
  else if (kind === 'w' || kind === 'q') out.push(line);
  else if (kind === 'r') {
    if (values[1] !== '-1') arrival ??= Number(values[1]) - begin;
    pending.push(`r,${values[0]},${values[1] === '-1' ? -1 : Number(values[1]) - (arrival ?? 0)}`);
  } else if (kind === 'f') {
    out.push(...pending, `f,${now}`);
    pending = [];
  }
}
console.log(out.join('\n'));
