import { setTimeout as pause } from 'node:timers/promises';

/** Waits until a condition is true. Rejects if it is not true within `ms`, which is enough for a busy machine. */
export async function until(isTrue: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  for (const end = performance.now() + ms; !(await isTrue());) {
    if (performance.now() > end) throw new Error('the condition did not become true in time');
    await pause(5);
  }
}
