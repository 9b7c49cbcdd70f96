import { editDistance } from './edit-distance.ts';

const maxLength = 64;

/** Returns the valid name that is closest to what was written, ignoring case. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const short = written.slice(0, maxLength).toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const name of names) {
    const steps = editDistance(short, name);
    if (steps < bestDistance) [best, bestDistance] = [name, steps];
  }
  return best;
}

/** Quotes a name of the document for a message, and truncates it. */
export function quoteName(written: string): string {
  return JSON.stringify(written.length > maxLength ? `${written.slice(0, maxLength)}...` : written);
}
