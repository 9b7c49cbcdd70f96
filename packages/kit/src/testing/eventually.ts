import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';

/** The most characters of an error in the message of another. */
const longest = 500;
/** The monotonic clock. Neither this nor the timers of `node:timers/promises` become those of a test. */
const now = performance.now.bind(performance);

/** Says what the last attempt that failed said, in one line. */
function lastError(failure: unknown): string {
  if (failure === undefined) return '';
  const text = (failure instanceof Error ? failure.message : inspect(failure)).replaceAll(/\s*\n\s*/g, ' ');
  return `; last error: ${text.length > longest ? `${text.slice(0, longest)} …` : text}`;
}

/**
 * Polls every `everyMs` until there is a result (anything except undefined and false) and returns it. After `timeoutMs`
 * it throws an error with `what` it waited for, `detail`, and the error of the last attempt that failed. Fake timers do
 * not stop it.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeoutMs = 60_000,
  detail: () => string = () => '',
  everyMs = 25,
): Promise<Exclude<T, undefined | false>> {
  const end = now() + timeoutMs;
  for (let failure: unknown; ;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    } catch (error) {
      failure = error;
    }
    if (now() > end)
      throw new Error(
        `timed out after ${timeoutMs / 1000} s waiting for ${[what, detail()].filter(Boolean).join(' ')}${lastError(failure)}`,
        { cause: failure },
      );
    await pause(everyMs);
  }
}
