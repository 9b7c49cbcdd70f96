import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Lets the threads that answer requests go first: the calling thread gets a lower priority (nice 5) than the rest of
 * its process. On Linux a thread is known by an id of its own, which setpriority(2) takes in place of a process;
 * elsewhere nothing happens. Returns the thread's id where it was done.
 */
export function stepBack(): number | undefined {
  try {
    const thread = Number(/\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1]);
    if (!Number.isInteger(thread)) return undefined;
    setPriority(thread, 5);
    return thread;
  } catch {
    return undefined;
  }
}
