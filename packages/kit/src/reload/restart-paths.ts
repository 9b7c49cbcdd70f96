import type { Config } from '@sallyport/contracts';

const maxPaths = 20;

function collect(before: unknown, after: unknown, path: string, found: string[]): void {
  if (found.length > maxPaths) return;
  const bothMappings = [before, after].every(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  if (!bothMappings) {
    if (JSON.stringify(before) !== JSON.stringify(after)) found.push(path);
    return;
  }
  const [a, b] = [before as Record<string, unknown>, after as Record<string, unknown>];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    collect(a[key], b[key], path === '' ? key : `${path}.${key}`, found);
}

/**
 * Returns the paths of changed settings that take effect only after a restart: all outside of `reloadable` sections. At
 * most 20, and never a value.
 */
export function restartPaths(before: Config, after: Config, reloadable: readonly (keyof Config)[]): string[] {
  const rest = (config: Config) =>
    Object.fromEntries(Object.entries(config).filter(([key]) => !reloadable.includes(key as keyof Config)));
  const found: string[] = [];
  collect(rest(before), rest(after), '', found);
  return found.length > maxPaths ? [...found.slice(0, maxPaths), 'and more'] : found;
}
