import path from 'node:path';
import { configSchema, maxConfigBytes, type Config } from '@sallyport/contracts';
import type { z } from 'zod';
import { ConfigFaults, type ConfigFault } from './config-faults.ts';
import { includePolicies, placeIn } from './include-policies.ts';
import { nearestName } from './nearest-name.ts';
import { readTextFile, type TextFile } from './read-text-file.ts';
import { readYaml } from './read-yaml.ts';
import { schemaKeys } from './schema-keys.ts';
import { substitute } from './substitute.ts';
import type { FindPlace } from './yaml-places.ts';

/**
 * A configuration that holds together. `resolvePath` makes a path relative to the file absolute; `place` finds a path
 * in the text, or in that of an included file.
 */
export type LoadedConfig = {
  config: Config;
  file: string;
  resolvePath(file: string): string;
  place: FindPlace;
  files: ConfigFiles;
};

const largestSubstitutedBytes = 1024 * 1024;

function asFaults(issue: z.core.$ZodIssue, place: FindPlace): ConfigFault[] {
  const at = (keys: readonly PropertyKey[]) => ({ path: keys.join('.'), ...place(keys) });
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearestName(key, schemaKeys(configSchema, issue.path));
      return {
        ...at([...issue.path, key]),
        message: 'is not a known name',
        ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
      };
    });
  }
  if (issue.code === 'invalid_key')
    return [{ ...at(issue.path), message: issue.issues[0]?.message ?? 'is not a valid name' }];
  if (issue.code === 'invalid_union') {
    // The alternative that got furthest says best what was meant.
    const inner = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? [];
    const nested = inner.flatMap((one) =>
      asFaults({ ...one, path: [...issue.path, ...one.path] } as z.core.$ZodIssue, place),
    );
    return nested.length > 0 ? nested : [{ ...at(issue.path), message: 'has none of the allowed forms' }];
  }
  return [{ ...at(issue.path), message: issue.message.replace(/^Invalid input: /, '') }];
}

/** What a configuration was read from: absolute paths, each with what tells whether the file has changed since. */
export type ConfigFiles = ReadonlyMap<string, string>;

export type ReadOptions = {
  /** The largest file that is read, in bytes; whatever the configuration itself allows. */
  maxBytes?: number;
  /** Called with every file just before it is used, also if the configuration is faulty. */
  onFile?: (file: string, identity: string) => void;
};

function readWith(
  files: Map<string, string>,
  sizes: Map<string, number>,
  resolvePath: (name: string) => string,
  options: ReadOptions,
) {
  return (name: string, maxBytes: number): TextFile & { file: string } => {
    const file = resolvePath(name);
    const read = readTextFile(file, maxBytes);
    if (!files.has(file)) files.set(file, read.identity);
    if (read.text !== undefined) sizes.set(file, Buffer.byteLength(read.text));
    options.onFile?.(file, read.identity);
    return { ...read, file };
  };
}

function oversized(config: Config, sizes: ReadonlyMap<string, number>, main: string): ConfigFault[] {
  const { maxBytes } = config.reload;
  return [...sizes]
    .filter(([, bytes]) => bytes > maxBytes)
    .map(([file]) => ({
      path: '',
      message: `is larger than reload.maxBytes (${maxBytes} bytes)`,
      ...(file === main ? {} : { file }),
    }));
}

/**
 * Everything found out about a configuration's text, also where it is faulty: `data` with substitutions made and
 * policies included, and `config` if it has the right form.
 */
export type ExaminedConfig = {
  faults: ConfigFault[];
  data: unknown;
  place: FindPlace;
  config?: Config;
  files: ConfigFiles;
};

/** Examines `sallyport.yaml` by its text; `file` names it in faults and is what paths are relative to. */
export function examineConfig(
  text: string,
  file: string,
  env: Record<string, string | undefined>,
  options: ReadOptions = {},
): ExaminedConfig {
  const { maxBytes = maxConfigBytes } = options;
  const files = new Map<string, string>();
  const read = readYaml(text, maxBytes);
  if (!read.ok) return { faults: read.faults, data: undefined, place: () => undefined, files };
  const resolvePath = (name: string) => path.resolve(path.dirname(file), name);
  const policySizes = new Map([[file, Buffer.byteLength(text)]]);
  const secret = readWith(files, new Map(), resolvePath, options);
  const policy = readWith(files, policySizes, resolvePath, options);
  const { data, faults } = substitute(read.yaml.data ?? {}, {
    env: (name) => env[name],
    file: (name) => secret(name, largestSubstitutedBytes).text,
  });
  const policies = includePolicies(data, { read: (name) => policy(name, maxBytes), maxBytes });
  const place = placeIn(read.yaml.place, policies.included);
  const all: ConfigFault[] = [...faults, ...policies.faults].map(({ keys, ...fault }) =>
    fault.file === undefined ? { ...fault, ...read.yaml.place(keys) } : fault,
  );
  const parsed = configSchema.safeParse(data);
  if (!parsed.success) all.push(...parsed.error.issues.flatMap((issue) => asFaults(issue, place)));
  else all.push(...oversized(parsed.data, policySizes, file));
  return { faults: all, data, place, files, ...(parsed.success ? { config: parsed.data } : {}) };
}

/**
 * Reads `sallyport.yaml` from its text; `file` names it in faults and is what paths are relative to. Throws
 * ConfigFaults with everything that is wrong.
 */
export function readConfig(
  text: string,
  file: string,
  env: Record<string, string | undefined>,
  options: ReadOptions = {},
): LoadedConfig {
  const { config, faults, place, files } = examineConfig(text, file, env, options);
  if (faults.length > 0 || !config) throw new ConfigFaults(file, faults);
  return { config, file, resolvePath: (name: string) => path.resolve(path.dirname(file), name), place, files };
}

/** Examines the configuration file at `file`; that it cannot be read is a fault too. */
export function examineConfigFile(
  file: string,
  env: Record<string, string | undefined>,
  options: ReadOptions = {},
): ExaminedConfig {
  const absolute = path.resolve(file);
  const { text, fault, identity } = readTextFile(absolute, options.maxBytes ?? maxConfigBytes, { orPipe: true });
  options.onFile?.(absolute, identity);
  const files = new Map([[absolute, identity]]);
  if (text === undefined) {
    const hint = identity === 'none' ? { hint: 'name the file with --config or SALLYPORT_CONFIG' } : {};
    return { faults: [{ path: '', message: fault!, ...hint }], data: undefined, place: () => undefined, files };
  }
  const examined = examineConfig(text, file, env, options);
  return { ...examined, files: new Map([...files, ...examined.files]) };
}

/** Reads the configuration file at `file`. Throws ConfigFaults, also when the file cannot be read. */
export function loadConfig(
  file: string,
  env: Record<string, string | undefined>,
  options: ReadOptions = {},
): LoadedConfig {
  const { config, faults, place, files } = examineConfigFile(file, env, options);
  if (faults.length > 0 || !config) throw new ConfigFaults(file, faults);
  return { config, file, resolvePath: (name: string) => path.resolve(path.dirname(file), name), place, files };
}
