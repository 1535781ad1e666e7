// Processes of this machine, and those of a browser among them.
import { readdirSync, readFileSync } from 'node:fs';

const statOf = (path) => readFileSync(path, 'utf8').replace(/^.*\) /, '').split(' '); // from the state on: a name may hold anything

/** What `read` tells of each process of this machine that lives long enough to be read. */
export const everyProcess = (read) => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
  try {
    return [read(Number(pid))];
  } catch {
    return []; // it has ended meanwhile
  }
});

/** These, and what they have started. */
export function familyOf(first) {
  const parents = everyProcess((pid) => [pid, Number(statOf(`/proc/${pid}/stat`)[1])]);
  const family = new Set(first);
  for (const one of family) parents.filter(([, parent]) => parent === one).forEach(([pid]) => family.add(pid));
  return [...family];
}

/** All of a browser's, the first one first. */
export async function processesOf(peer) {
  const first = peer.kind === 'firefox' ? peer.browser.process().pid
    : (await (await peer.browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo')).processInfo.find(({ type }) => type === 'browser').id;
  return familyOf([first]);
}

/** What the first thread of a process has had of a core so far, in s. */
export function mainThreadS(pid) {
  const [user, system] = statOf(`/proc/${pid}/task/${pid}/stat`).slice(11, 13).map(Number);
  return (user + system) / 100;
}
