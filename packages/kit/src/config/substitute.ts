import type { ConfigFault } from './config-faults.ts';

/** The text of a file, or why it has none, as a predicate: "does not exist". */
type ReadText = { text: string } | { fault: string };
/** The sources of substitutions. `env` returns undefined for a variable that is not set. */
type SubstitutionSources = { env(name: string): string | undefined; file(path: string): ReadText };

/** Where the text at a path came from. `empty` if it is nothing but substitutions, and all of them were empty. */
type Substituted = {
  from: string;
  empty: boolean;
  /** The file, if it is nothing but the text of one. */
  file?: string;
};

const pattern = /\$\{([^}]*)\}/g;

type Fault = ConfigFault & { keys: PropertyKey[] };
type Result = {
  data: unknown;
  faults: Fault[];
  /** The paths whose value could not be read. A text stands there that no setting has. */
  unread: Set<string>;
  /** Where the values at other paths came from. */
  substituted: Map<string, Substituted>;
};

/** Returns the value of one expression and where it came from, or why it has none and what to do. */
function resolve(
  expression: string,
  sources: SubstitutionSources,
): { text: string; from: string } | { message: string; hint?: string } {
  const [, kind, name = ''] = /^(env|file):(.+)$/.exec(expression) ?? [];
  if (kind === undefined) return { message: 'only ${env:NAME} and ${file:/path} are supported' };
  const from = kind === 'env' ? `the environment variable ${name}` : `the file ${name}`;
  if (kind === 'env') {
    const text = sources.env(name);
    return text === undefined
      ? { message: `${from} is not set`, hint: 'set it where the service starts, or put the value into a ${file:}' }
      : { text, from };
  }
  const read = sources.file(name);
  return 'text' in read
    ? { text: read.text.trim(), from }
    : { message: `${from} ${read.fault}`, hint: 'create it, or correct the path, which is relative to this file' };
}

/** Replaces `${env:NAME}` and `${file:/path}` (trimmed) in every string of `data`. Any other `${}` is a fault. */
export function substitute(data: unknown, sources: SubstitutionSources): Result {
  const result: Result = { data: undefined, faults: [], unread: new Set(), substituted: new Map() };
  const replace = (value: string, keys: PropertyKey[]): string => {
    const path = keys.map(String).join('.');
    const from: string[] = [];
    const text = value.replace(pattern, (_all, expression: string) => {
      const found = resolve(expression, sources);
      if ('text' in found) {
        from.push(found.from);
        return found.text;
      }
      result.faults.push({ path, keys, ...found });
      result.unread.add(path);
      return '';
    });
    const [, file] = /^\$\{file:([^}]+)\}$/.exec(value) ?? [];
    if (from.length > 0)
      result.substituted.set(path, {
        from: from.join(' and '),
        empty: text === '',
        ...(file === undefined ? {} : { file }),
      });
    // Each is different, so that two of them are not told to be the same.
    return result.unread.has(path) ? `unread-${result.unread.size}` : text;
  };
  const walk = (value: unknown, keys: PropertyKey[]): unknown => {
    if (typeof value === 'string') return value.includes('${') ? replace(value, keys) : value;
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...keys, index]));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...keys, key])]));
    return value;
  };
  result.data = walk(data, []);
  return result;
}
