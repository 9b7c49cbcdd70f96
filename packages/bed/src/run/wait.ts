import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until the result is true. Returns false after `timeoutMs`. An error counts as "not yet". */
export async function waitUntil(
  ask: () => Promise<boolean> | boolean,
  timeoutMs: number,
  everyMs = 50,
): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    if (await answer(ask)) return true;
    if (Date.now() >= end) return false;
    await sleep(everyMs);
  }
}

async function answer(ask: () => Promise<boolean> | boolean): Promise<boolean> {
  try {
    return await ask();
  } catch {
    return false;
  }
}
