/** Finds what the path leads to. Where both have something, the first wins, level by level. */
export type DataPath = (first: unknown, second?: unknown) => unknown;

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function own(holder: unknown, key: string): unknown {
  return isMapping(holder) && Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function walk(segments: readonly string[], first: unknown, second: unknown): unknown {
  let winner = first;
  let other = second;
  for (let index = 0; index < segments.length; index += 1) {
    const key = segments[index]!;
    const next = own(winner, key);
    const beside = own(other, key);
    // A mapping is merged with the other one; anything else hides it.
    other = next === undefined || isMapping(next) ? beside : undefined;
    winner = next;
  }
  return winner === undefined ? other : winner;
}

/**
 * Compiles a path into nested data. A dot and a slash mean the same; a key that holds them itself is found first
 * (`example.com/role`). Only what the data has of its own is found: `__proto__` is missing, whatever was sent.
 */
export function compileDataPath(path: string): DataPath {
  const segments = path.split(/[./]/);
  if (path === '' || segments.includes('__proto__')) return () => undefined;
  const whole = [...new Set([path, path.replaceAll('/', '.'), path.replaceAll('.', '/')])];
  return (first, second) => {
    for (let index = 0; index < whole.length; index += 1) {
      const key = whole[index]!;
      const found = own(first, key);
      if (found !== undefined) return found;
      const beside = own(second, key);
      if (beside !== undefined) return beside;
    }
    return segments.length === 1 ? undefined : walk(segments, first, second);
  };
}
