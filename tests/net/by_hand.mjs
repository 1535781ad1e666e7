// Puts a program of this machine behind a bad line: see README.md. Type new orders while it runs ("both loss=20",
// "up rate=100k", "both down=1", "counts"); it ends with the program.
import { createInterface } from 'node:readline';
import { Lab } from './lab.mjs';

const at = process.argv.indexOf('--');
const words = process.argv.slice(2, at < 0 ? undefined : at);
const [program = 'bash', ...args] = at < 0 ? [] : process.argv.slice(at + 1);
const lab = await Lab.open({ here: true });
try {
  if (words.length) await lab.order(`both ${words.join(' ')}`);
  console.log(`behind ${words.join(' ') || 'a good line'}: ${program}; this machine is all its own addresses and ${lab.near.address}`);
  const child = lab.far.spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  createInterface({ input: process.stdin }).on('line', async (line) => console.log(await lab.order(line)));
  await new Promise((done) => child.on('exit', done));
} finally {
  await lab.close();
}
process.exit();
