import type { ConfigFault } from './config-faults.ts';

/** The sources of substitutions. Both functions return undefined for a missing value. */
type SubstitutionSources = { env(name: string): string | undefined; file(path: string): string | undefined };

const pattern = /\$\{([^}]*)\}/g;

/** Replaces `${env:NAME}` and `${file:/path}` (trimmed) in every string of `data`. Any other `${}` is a fault. */
export function substitute(
  data: unknown,
  sources: SubstitutionSources,
): { data: unknown; faults: (ConfigFault & { keys: PropertyKey[] })[] } {
  const faults: (ConfigFault & { keys: PropertyKey[] })[] = [];
  const one = (expression: string, keys: PropertyKey[]) => {
    const fault = (message: string) => {
      faults.push({ path: keys.join('.'), keys, message });
      return '';
    };
    const [, kind, name] = /^(env|file):(.+)$/.exec(expression) ?? [];
    if (kind === 'env') return sources.env(name!) ?? fault(`the environment variable ${name} is not set`);
    if (kind === 'file') return sources.file(name!)?.trim() ?? fault(`the file ${name} cannot be read`);
    return fault('only ${env:NAME} and ${file:/path} are supported');
  };
  const walk = (value: unknown, keys: PropertyKey[]): unknown => {
    if (typeof value === 'string')
      return value.includes('${') ? value.replace(pattern, (_all, expression: string) => one(expression, keys)) : value;
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...keys, index]));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...keys, key])]));
    return value;
  };
  return { data: walk(data, []), faults };
}
