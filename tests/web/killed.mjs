// A browser that is killed, as by a system that has no more memory, and whose profile is opened again.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './harness.mjs';
import { everyProcess, familyOf } from './processes.mjs';

/** The processes that were started with this profile. */
const using = (profile) => everyProcess((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(profile) && pid).filter(Boolean);

/** That a call was not left is in the profile on the disk: a browser writes its storage down every few seconds. */
export const written = (profile) => until('the call in the storage on the disk', () =>
  readdirSync(profile, { recursive: true, withFileTypes: true })
    .some((file) => file.isFile() && /Local Storage|\/ls$/.test(file.parentPath) && readFileSync(join(file.parentPath, file.name)).includes('hoichan.not-left')));

/** All that run, without those that have ended and are not yet buried. */
const running = () => new Set(everyProcess((pid) => readFileSync(`/proc/${pid}/cmdline`).length > 0 && pid));

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended with who started it
  }
}

/** With all that it has started: what a Firefox starts need not end at once with it, and a page that lived on would be in the call. */
export async function kill(profile) {
  const pids = familyOf(using(profile));
  pids.forEach(end);
  await until('the killed browser to be gone', () => running().isDisjointFrom(new Set(pids)));
}
