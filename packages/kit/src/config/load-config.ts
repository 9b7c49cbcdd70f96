import path from 'node:path';
import { configSchema, maxConfigBytes, type Config } from '@sallyport/contracts';
import { completeConfig } from './complete-config.ts';
import { ConfigFaults, type ConfigFault } from './config-faults.ts';
import { includePolicies, placeIn } from './include-policies.ts';
import { readTextFile, type TextFile } from './read-text-file.ts';
import { readYaml } from './read-yaml.ts';
import { schemaFaults } from './schema-faults.ts';
import { substitute } from './substitute.ts';
import type { FindPlace } from './yaml-places.ts';

/**
 * A valid configuration. `resolvePath` resolves a path relative to the file; `place` finds a key in the text, or in that
 * of an included file.
 */
export type LoadedConfig = {
  config: Config;
  file: string;
  resolvePath(file: string): string;
  place: FindPlace;
  files: ConfigFiles;
  /** The settings that are nothing but the text of a file: their paths, and the absolute path of the file. */
  fileOf: ReadonlyMap<string, string>;
  /** Whether all services are in one process, which may share what it keeps in memory or on its disk. */
  forOneProcess?: boolean | undefined;
};

const resolveBeside = (file: string, name: string) => path.resolve(path.dirname(file), name);
const largestSubstitutedBytes = 1024 * 1024;

/** Says where a faulty value came from, if it is not in the file itself. */
function withSource(fault: ConfigFault, substituted: ReturnType<typeof substitute>['substituted']): ConfigFault {
  const source = substituted.get(fault.path);
  if (!source) return fault;
  const { hint: _hint, ...rest } = fault;
  return source.empty
    ? { ...rest, message: `${source.from} is empty`, hint: 'put the value into it' }
    : { ...fault, hint: `the value is from ${source.from}` };
}

/** The files that a configuration was read from: absolute paths, each with the identity of the file when it was read. */
type ConfigFiles = ReadonlyMap<string, string>;

type ReadOptions = {
  /** The maximum size of a file in bytes, regardless of what the configuration allows. */
  maxBytes?: number;
  /** Called with every file that is read, even if the configuration is faulty. */
  onFile?: (file: string, identity: string) => void;
  /** Whether all services are in one process, which makes the keys and certificates that the configuration does not name. */
  forOneProcess?: boolean | undefined;
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
 * The result of examining a configuration, valid or not: `data` with substitutions and included policies, and `config` if
 * it matches the schema.
 */
export type ExaminedConfig = {
  faults: ConfigFault[];
  data: unknown;
  /** The paths of substitutions that could not be read. Each has its fault, and stands for an unknown value. */
  unread: ReadonlySet<string>;
  /** What the configuration leaves to a single process. */
  added: ReturnType<typeof completeConfig>['added'];
  forOneProcess?: boolean | undefined;
  place: FindPlace;
  config?: Config;
  files: ConfigFiles;
  fileOf: LoadedConfig['fileOf'];
};

const nothing = {
  data: undefined,
  place: () => undefined,
  unread: new Set<string>(),
  added: new Map<string, string>(),
  fileOf: new Map<string, string>(),
};

/** Examines the text of a configuration. Faults name `file`, and paths are relative to it. */
export function examineConfig(
  text: string,
  file: string,
  env: Record<string, string | undefined>,
  options: ReadOptions = {},
): ExaminedConfig {
  const { maxBytes = maxConfigBytes } = options;
  const files = new Map<string, string>();
  const read = readYaml(text, maxBytes);
  if (!read.ok) return { ...nothing, faults: read.faults, files };
  const resolvePath = (name: string) => resolveBeside(file, name);
  const policySizes = new Map([[file, Buffer.byteLength(text)]]);
  const secret = readWith(files, new Map(), resolvePath, options);
  const policy = readWith(files, policySizes, resolvePath, options);
  const { data, faults, unread, substituted } = substitute(read.yaml.data ?? {}, {
    env: (name) => env[name],
    file(name) {
      const { text, fault = 'cannot be read' } = secret(name, largestSubstitutedBytes);
      return text === undefined ? { fault } : { text };
    },
  });
  const policies = includePolicies(data, { read: (name) => policy(name, maxBytes), maxBytes });
  const place = placeIn(read.yaml.place, policies.included);
  const all: ConfigFault[] = [...faults, ...policies.faults].map(({ keys, ...fault }) =>
    fault.file === undefined ? { ...fault, ...read.yaml.place(keys) } : fault,
  );
  const complete = completeConfig(data, resolvePath, options);
  const parsed = configSchema.safeParse(complete.data);
  if (!parsed.success) {
    const found = schemaFaults(configSchema, parsed.error.issues, place);
    all.push(...found.filter((fault) => !unread.has(fault.path)).map((fault) => withSource(fault, substituted)));
  } else all.push(...oversized(parsed.data, policySizes, file));
  const fileOf = new Map(
    [...substituted].flatMap(([at, { file: name }]) => (name === undefined ? [] : [[at, resolvePath(name)] as const])),
  );
  const { added } = complete;
  const { forOneProcess } = options;
  const examined = { faults: all, data, place, unread, added, forOneProcess, files, fileOf };
  return { ...examined, ...(parsed.success ? { config: parsed.data } : {}) };
}

/** Returns an examined configuration with its files; undefined if it does not match the schema. */
export function loadedFrom(file: string, examined: ExaminedConfig): LoadedConfig | undefined {
  const { config, place, files, fileOf, forOneProcess } = examined;
  const resolvePath = (name: string) => resolveBeside(file, name);
  return config && { config, file, resolvePath, place, files, fileOf, forOneProcess };
}

function loadedOrThrow(file: string, examined: ExaminedConfig): LoadedConfig {
  const loaded = loadedFrom(file, examined);
  if (examined.faults.length > 0 || !loaded) throw new ConfigFaults(file, examined.faults);
  return loaded;
}

/** Reads the text of a configuration. Paths are relative to `file`. Throws ConfigFaults with every fault. */
export function readConfig(
  text: string,
  file: string,
  env: Record<string, string | undefined>,
  options: ReadOptions = {},
): LoadedConfig {
  return loadedOrThrow(file, examineConfig(text, file, env, options));
}

/** Examines a configuration file. A file that cannot be read is reported as a fault. */
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
    const hint = identity === 'none' ? { hint: 'set the file with --config or SALLYPORT_CONFIG' } : {};
    return { ...nothing, faults: [{ path: '', message: fault!, ...hint }], files };
  }
  const examined = examineConfig(text, file, env, options);
  return { ...examined, files: new Map([...files, ...examined.files]) };
}

/** Reads a configuration file. Throws ConfigFaults, also if the file cannot be read. */
export function loadConfig(
  file: string,
  env: Record<string, string | undefined>,
  options: ReadOptions = {},
): LoadedConfig {
  return loadedOrThrow(file, examineConfigFile(file, env, options));
}
