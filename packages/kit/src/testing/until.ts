import { eventually } from './eventually.ts';

/** The most characters of a condition in an error. */
const longest = 200;

/** Returns the source of a condition in one line. */
function sourceOf(condition: () => unknown): string {
  const text = String(condition).replaceAll(/\s+/g, ' ');
  return text.length > longest ? `${text.slice(0, longest)} …` : text;
}

/**
 * Waits until a condition is true. After `ms`, which is enough for a busy machine, it throws an error with the source of
 * the condition, and the error of the last attempt that failed.
 */
export async function until(condition: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  await eventually(sourceOf(condition), condition, ms, undefined, 10);
}
