import { isMapping } from '../input/untrusted.ts';
import type { ImportReport, Keys } from './import-report.ts';

/**
 * Reads the options of one mapping of the source. `unread` returns the options that nothing has read. For an option of
 * the wrong type, the reader reports a fault and returns undefined.
 */
export type Options = {
  readonly keys: Keys;
  /** Returns the keys from the root to an option. */
  at(name: string): Keys;
  /** Reports whether the option is set. False, null and empty values count as not set. */
  isSet(name: string): boolean;
  text(name: string): string | undefined;
  flag(name: string): boolean;
  /** Reads a list of strings, or a single string. */
  texts(name: string): readonly string[];
  mapping(name: string): Options | undefined;
  mappings(name: string): readonly Options[];
  /** Returns the value as it is. */
  raw(name: string): unknown;
  /** Returns the names of options that are set and were not read. */
  unread(): string[];
};

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;

/** Creates the readers of lists and nested mappings. */
function nestedReaders(
  get: (name: string) => unknown,
  at: (name: string) => Keys,
  report: ImportReport,
): Pick<Options, 'texts' | 'mapping' | 'mappings'> {
  return {
    texts(name) {
      const value = get(name);
      if (isEmpty(value)) return [];
      const list: unknown[] = Array.isArray(value) ? value : [value];
      return list.flatMap((item, index) => {
        const text = textOf(item);
        if (text === undefined)
          report.fault(Array.isArray(value) ? [...at(name), index] : at(name), 'must be a string or a list of strings');
        return text === undefined ? [] : [text];
      });
    },
    mapping(name) {
      const value = get(name);
      if (isEmpty(value)) return undefined;
      if (isMapping(value)) return createOptions(value, at(name), report);
      report.fault(at(name), 'must be a mapping');
      return undefined;
    },
    mappings(name) {
      const value = get(name);
      if (isEmpty(value)) return [];
      if (!Array.isArray(value)) {
        report.fault(at(name), 'must be a list');
        return [];
      }
      return (value as unknown[]).flatMap((item, index) => {
        if (isMapping(item)) return [createOptions(item, [...at(name), index], report)];
        report.fault([...at(name), index], 'must be a mapping');
        return [];
      });
    },
  };
}

/** Creates the reader of the mapping at `keys`. */
export function createOptions(data: Record<string, unknown>, keys: Keys, report: ImportReport): Options {
  const read = new Set<string>();
  const at = (name: string): Keys => [...keys, name];
  const get = (name: string): unknown => {
    read.add(name);
    return Object.hasOwn(data, name) ? data[name] : undefined;
  };
  return {
    keys,
    at,
    isSet: (name) => !isEmpty(Object.hasOwn(data, name) ? data[name] : undefined),
    text(name) {
      const value = get(name);
      if (value === undefined || value === null || value === '') return undefined;
      const text = textOf(value);
      if (text === undefined) report.fault(at(name), 'must be a string');
      return text;
    },
    flag(name) {
      const value = get(name);
      if (value === true || value === 'true') return true;
      if (!isEmpty(value) && value !== 'false') report.fault(at(name), 'must be true or false');
      return false;
    },
    ...nestedReaders(get, at, report),
    raw: get,
    unread: () => Object.keys(data).filter((name) => !read.has(name) && !isEmpty(data[name])),
  };
}

/** Reads a Go duration (`1h30m0s`). Returns undefined if Sallyport cannot read it. */
export function readGoDuration(text: string): string | undefined {
  return /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text) ? text : undefined;
}

/** Returns the name of an environment variable for a secret of a cluster. */
export function variableFor(cluster: string, what: string): string {
  return `SALLYPORT_${cluster.replaceAll('-', '_').toUpperCase()}_${what}`;
}

/** Reports whether a value contains `${`, which Sallyport replaces when it reads its configuration. */
export function hasSubstitution(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('${');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]) => key.includes('${') || hasSubstitution(item));
}

/** Reads a file name. Returns undefined if there is none, or if it contains a substitution. */
export function readFileName(options: Options, name: string, report: ImportReport): string | undefined {
  const file = options.text(name);
  if (file === undefined) return undefined;
  if (hasSubstitution(file)) {
    report.notCarried(options.at(name), 'contains ${, which the gateway would replace', 'Write the file name by hand.');
    return undefined;
  }
  if (!/^(?:\/|[A-Za-z]:[\\/])/.test(file))
    report.note(
      options.at(name),
      'is a relative path',
      'Sallyport resolves it relative to its own configuration file.',
    );
  return file;
}
