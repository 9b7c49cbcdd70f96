import { closest, distance } from 'fastest-levenshtein';

const maxLength = 64;

/** Returns the valid name that is closest to what was written, ignoring case. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : closest(written.slice(0, maxLength).toLowerCase(), names);
}

/** Quotes a name of the document for a message, and truncates it. */
export function quoteName(written: string): string {
  return JSON.stringify(written.length > maxLength ? `${written.slice(0, maxLength)}...` : written);
}

/**
 * Returns the name that was probably meant: the closest one, if it differs by one or two letters. Undefined if none is
 * that close. Short names must differ by one letter only.
 */
export function closeName(written: string, names: Iterable<string>): string | undefined {
  if (written.length > maxLength) return undefined;
  const short = written.toLowerCase();
  const most = short.length < 5 ? 1 : 2;
  let best: string | undefined;
  let bestDistance = most + 1;
  for (const name of names) {
    if (Math.abs(name.length - short.length) >= bestDistance) continue;
    const steps = distance(short, name.toLowerCase());
    if (steps < bestDistance) [best, bestDistance] = [name, steps];
  }
  return best;
}
