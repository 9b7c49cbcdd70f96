// Ends a program whose starter is gone. npm, told to end, ends only the shell between itself and the script, and a
// starter that is killed tells nobody: without this the program would go on, and hold its ports. Plain JavaScript for
// Node 20; nothing here may import a dependency. With `--import` it watches over the program that it is imported into.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const everyMs = 250;
/** Longer than any program here takes to stop what it has started. */
const patienceMs = 60_000;

/** The parent of a process; undefined if that cannot be told, as outside Linux for all but this one. */
function parentOf(pid) {
  if (pid === process.pid) return process.ppid;
  try {
    // The name in brackets may itself have brackets and blanks.
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    );
  } catch {
    return undefined;
  }
}

/** Those above this process, as many as asked for, the nearest first. */
function ancestors(count) {
  const found = [];
  for (let pid = process.pid; found.length < count;) {
    pid = parentOf(pid);
    if (pid === undefined || pid <= 1) break;
    found.push(pid);
  }
  return found;
}

/**
 * Calls `end` once, when one of the nearest `count` ancestors is gone. Returns a function that looks at once, for a
 * program that was busy.
 */
export function watchAncestors(count, end) {
  const known = ancestors(count);
  let told = false;
  const look = () => {
    if (told) return true;
    // Whose parent is gone gets another one, and who is gone has none.
    told = known.some((pid, index) => parentOf(index === 0 ? process.pid : known[index - 1]) !== pid);
    if (!told) return false;
    clearInterval(timer);
    end();
    return true;
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return look;
}

/** How a program is started on Node.js so that it ends with this one. */
export const endsWithThis = { args: ['--import', import.meta.url], env: { SALLYPORT_END_WITH: String(process.pid) } };

const starter = process.env.SALLYPORT_END_WITH;
if (isMainThread && starter !== undefined) {
  // Only the program itself: what it starts is its own to end.
  delete process.env.SALLYPORT_END_WITH;
  if (String(process.ppid) !== starter) process.exit(143);
  watchAncestors(1, () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), patienceMs).unref();
  });
}
