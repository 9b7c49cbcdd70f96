import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Gives the calling thread a lower priority (nice 5) than the threads that serve requests. Linux gives threads their own
 * ids, which setpriority(2) accepts in place of a process; elsewhere nothing happens. Returns the thread's id on success.
 */
export function lowerPriority(): number | undefined {
  try {
    const thread = Number(/\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1]);
    if (!Number.isInteger(thread)) return undefined;
    setPriority(thread, 5);
    return thread;
  } catch {
    return undefined;
  }
}
