import { setTimeout as pause } from 'node:timers/promises';

/** Creates what waits until a condition is true, `defaultMs` at most. Rejects if it is not true by then. */
export function createUntil(
  defaultMs: number,
): (isTrue: () => boolean | Promise<boolean>, ms?: number) => Promise<void> {
  return async (isTrue, ms = defaultMs) => {
    for (const end = performance.now() + ms; !(await isTrue());) {
      if (performance.now() > end) throw new Error('the condition did not become true in time');
      await pause(5);
    }
  };
}
