const maxLength = 64;

/** Returns the Levenshtein distance of two short strings. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_none, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Returns the valid name that is closest to what was written, ignoring case. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const short = written.slice(0, maxLength).toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const name of names) {
    const steps = distance(short, name);
    if (steps < bestDistance) [best, bestDistance] = [name, steps];
  }
  return best;
}

/** Quotes a name of the document for a message, and truncates it. */
export function quoteName(written: string): string {
  return JSON.stringify(written.length > maxLength ? `${written.slice(0, maxLength)}...` : written);
}
