/** Finds the value at the path. If both have one, the first wins, level by level. */
type DataPath = (first: unknown, second?: unknown) => unknown;

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
    const fallback = own(other, key);
    // Mappings are merged. Anything else hides the other value.
    other = next === undefined || isMapping(next) ? fallback : undefined;
    winner = next;
  }
  return winner === undefined ? other : winner;
}

/**
 * Compiles a path into nested data. Dots and slashes are equivalent. A key that contains them (`example.com/role`)
 * takes precedence. Only own properties are found: `__proto__` is always missing.
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
      const fallback = own(second, key);
      if (fallback !== undefined) return fallback;
    }
    return segments.length === 1 ? undefined : walk(segments, first, second);
  };
}
