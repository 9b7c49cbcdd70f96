import { readFileSync } from 'node:fs';
import path from 'node:path';
import { configSchema, type Config } from '@sallyport/contracts';
import type { z } from 'zod';
import { ConfigFaults, type ConfigFault } from './config-faults.ts';
import { nearestName } from './nearest-name.ts';
import { readYaml, type ReadYaml } from './read-yaml.ts';
import { schemaKeys } from './schema-keys.ts';
import { substitute } from './substitute.ts';

/** A configuration that holds together. `resolvePath` makes a path relative to the file absolute; `place` finds a path in the text. */
export type LoadedConfig = { config: Config; file: string; resolvePath(file: string): string; place: ReadYaml['place'] };

function asFaults(issue: z.core.$ZodIssue, place: ReadYaml['place']): ConfigFault[] {
  const at = (keys: readonly PropertyKey[]) => ({ path: keys.join('.'), ...place(keys) });
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearestName(key, schemaKeys(configSchema, issue.path));
      return { ...at([...issue.path, key]), message: 'is not a known name', ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) };
    });
  }
  if (issue.code === 'invalid_union') {
    // The alternative that got furthest says best what was meant.
    const inner = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? [];
    const nested = inner.flatMap((one) => asFaults({ ...one, path: [...issue.path, ...one.path] } as z.core.$ZodIssue, place));
    return nested.length > 0 ? nested : [{ ...at(issue.path), message: 'has none of the allowed forms' }];
  }
  return [{ ...at(issue.path), message: issue.message.replace(/^Invalid input: /, '') }];
}

function readFileOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Reads `sallyport.yaml` from its text; `file` names it in faults and is what paths are relative to. Throws ConfigFaults with everything that is wrong. */
export function readConfig(text: string, file: string, env: Record<string, string | undefined>): LoadedConfig {
  const read = readYaml(text);
  if (!read.ok) throw new ConfigFaults(file, read.faults);
  const { place } = read.yaml;
  const resolvePath = (name: string) => path.resolve(path.dirname(file), name);
  const { data, faults } = substitute(read.yaml.data ?? {}, { env: (name) => env[name], file: (name) => readFileOrUndefined(resolvePath(name)) });
  const parsed = configSchema.safeParse(data);
  const all: ConfigFault[] = faults.map(({ keys, ...fault }) => ({ ...fault, ...place(keys) }));
  if (!parsed.success) all.push(...parsed.error.issues.flatMap((issue) => asFaults(issue, place)));
  if (all.length > 0 || !parsed.success) throw new ConfigFaults(file, all);
  return { config: parsed.data, file, resolvePath, place };
}

/** Reads the configuration file at `file`. Throws ConfigFaults, also when the file cannot be read. */
export function loadConfig(file: string, env: Record<string, string | undefined>): LoadedConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new ConfigFaults(file, [{ path: '', message: `cannot be read (${reason})`, hint: 'name the file with --config or SALLYPORT_CONFIG' }]);
  }
  return readConfig(text, file, env);
}
