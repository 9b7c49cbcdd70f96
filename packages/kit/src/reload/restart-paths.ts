import type { Config } from '@sallyport/contracts';

/** A section of a configuration, or a setting in one (`recordings.rules`). */
export type SettingPath = keyof Config | `${keyof Config}.${string}`;

const maxPaths = 20;

type Found = { paths: string[]; reloadable: readonly string[] };

function collect(before: unknown, after: unknown, path: string, found: Found): void {
  if (found.paths.length > maxPaths || found.reloadable.includes(path)) return;
  const bothMappings = [before, after].every(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  if (!bothMappings) {
    if (JSON.stringify(before) !== JSON.stringify(after)) found.paths.push(path);
    return;
  }
  const [a, b] = [before as Record<string, unknown>, after as Record<string, unknown>];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    collect(a[key], b[key], path === '' ? key : `${path}.${key}`, found);
}

/**
 * Returns the paths of changed settings that take effect only after a restart: all outside of what is `reloadable`. At
 * most 20, and never a value.
 */
export function restartPaths(before: Config, after: Config, reloadable: readonly SettingPath[]): string[] {
  const paths: string[] = [];
  collect(before, after, '', { paths, reloadable });
  return paths.length > maxPaths ? [...paths.slice(0, maxPaths), 'and more'] : paths;
}
