// Ends a program when its parent has gone. On SIGTERM, npm ends only the shell between itself and the script, and a
// parent that is killed cannot pass the signal on. Without this, the program would keep running and keep its ports.
// Load it into a program with `--import`. Plain JavaScript for Node 20, without dependencies.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const everyMs = 250;
/** Longer than any program of this project takes to stop its children. */
const killAfterMs = 60_000;

/** Returns the parent of a process, or undefined if unknown. Outside Linux only this process's parent is known. */
function parentOf(pid) {
  if (pid === process.pid) return process.ppid;
  try {
    // The process name is in parentheses and may contain parentheses and spaces.
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    );
  } catch {
    return undefined;
  }
}

/** Returns up to `count` ancestors of this process, nearest first. */
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
 * Calls `end` once, when one of the nearest `count` ancestors has gone. Returns a function that checks immediately, for
 * callers that have blocked the event loop.
 */
export function watchAncestors(count, end) {
  const known = ancestors(count);
  let ended = false;
  const check = () => {
    if (ended) return true;
    // A process whose parent has gone gets a new parent, and a process that has gone has none.
    ended = known.some((pid, index) => parentOf(index === 0 ? process.pid : known[index - 1]) !== pid);
    if (!ended) return false;
    clearInterval(timer);
    end();
    return true;
  };
  const timer = setInterval(check, everyMs);
  timer.unref();
  return check;
}

/** Arguments and environment that make a Node.js child end with this process. */
export const endsWithThis = { args: ['--import', import.meta.url], env: { SALLYPORT_END_WITH: String(process.pid) } };

const parent = process.env.SALLYPORT_END_WITH;
if (isMainThread && parent !== undefined) {
  // Applies to this program only. It ends its own children.
  delete process.env.SALLYPORT_END_WITH;
  if (String(process.ppid) !== parent) process.exit(143);
  watchAncestors(1, () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), killAfterMs).unref();
  });
}
