/** Returns the Levenshtein distance of two short strings. */
function editDistance(a: string, b: string): number {
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
    const steps = editDistance(short, name.toLowerCase());
    if (steps < bestDistance) [best, bestDistance] = [name, steps];
  }
  return best;
}
