import { closest, distance } from 'fastest-levenshtein';

/** Returns the valid name that is most similar to a misspelled one; undefined if none is similar enough. */
export function nearestName(wrong: string, valid: readonly string[]): string | undefined {
  if (valid.length === 0 || wrong.length > 64) return undefined;
  const best = closest(wrong, [...valid]);
  return distance(wrong, best) <= Math.max(2, Math.floor(best.length / 3)) ? best : undefined;
}
