import { closest, distance } from 'fastest-levenshtein';

/** The valid name that a misspelt one most likely meant; undefined if none is near. */
export function nearestName(wrong: string, valid: readonly string[]): string | undefined {
  if (valid.length === 0 || wrong.length > 64) return undefined;
  const best = closest(wrong, [...valid]);
  return distance(wrong, best) <= Math.max(2, Math.floor(best.length / 3)) ? best : undefined;
}
