// Programs that a test starts and that shall not outlive it: stopped half-way (Ctrl-C, `kill`, a test's time is up) it takes them
// with it. Browsers see to that themselves.
const owned = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
process.on('exit', () => owned.forEach((child) => child.kill('SIGTERM')));

export function own(child) {
  owned.add(child);
  child.on('exit', () => owned.delete(child));
  return child;
}
