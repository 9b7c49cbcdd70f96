import type { ConfigFault } from './config-faults.ts';
import { readYaml } from './read-yaml.ts';
import type { FindPlace, Place } from './yaml-places.ts';
import type { TextFile } from './read-text-file.ts';

/** A policy from its own file: the keys that it is included at, the file, and the positions in it. */
type IncludedPolicy = { keys: PropertyKey[]; file: string; place: FindPlace };
/** A fault with its keys in the main file, or with a file and position of its own. */
type IncludeFault = ConfigFault & { keys: PropertyKey[] };

type Fields = Record<string, unknown>;
type Source = { read(name: string): TextFile & { file: string }; maxBytes: number };

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the paths of texts that look like substitutions, which policy files do not support. */
function substitutions(value: unknown, keys: PropertyKey[] = []): PropertyKey[][] {
  if (typeof value === 'string') return value.includes('${') ? [keys] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    substitutions(item, [...keys, Array.isArray(value) ? Number(key) : key]),
  );
}

function readPolicy(
  name: string,
  keys: PropertyKey[],
  source: Source,
): { document?: unknown; included?: IncludedPolicy; faults: IncludeFault[] } {
  const { file, text, fault } = source.read(name);
  const own = (found: ConfigFault): IncludeFault => ({
    ...found,
    path: [...keys, ...(found.path === '' ? [] : [found.path])].join('.'),
    keys,
    file,
  });
  if (text === undefined)
    return {
      faults: [
        {
          path: [...keys.slice(0, -1), 'policyFile'].join('.'),
          keys: [...keys.slice(0, -1), 'policyFile'],
          message: `${name} ${fault}`,
        },
      ],
    };
  const read = readYaml(text, source.maxBytes);
  if (!read.ok) return { faults: read.faults.map(own) };
  const { data: document, place } = read.yaml;
  if (document == null)
    return {
      faults: [own({ path: '', message: 'is empty', hint: 'write [] for a policy without rules', line: 1, column: 1 })],
    };
  const faults = substitutions(document).map((at) =>
    own({ path: at.map(String).join('.'), message: 'policy files do not support substitution', ...place(at) }),
  );
  return { document, included: { keys, file, place }, faults };
}

/**
 * Replaces `policyFile`, at the top level and of each cluster and route, with `policy` read from that file. Changes
 * `data`.
 */
export function includePolicies(data: unknown, source: Source): { included: IncludedPolicy[]; faults: IncludeFault[] } {
  const result = { included: [] as IncludedPolicy[], faults: [] as IncludeFault[] };
  const include = (owner: unknown, keys: PropertyKey[]) => {
    if (!isFields(owner) || typeof owner['policyFile'] !== 'string' || owner['policyFile'] === '') return;
    const at = [...keys, 'policyFile'];
    if (owner['policy'] != null) {
      result.faults.push({
        path: at.map(String).join('.'),
        keys: at,
        message: 'cannot be combined with policy; set only one of them',
      });
      return;
    }
    const { document, included, faults } = readPolicy(owner['policyFile'], [...keys, 'policy'], source);
    result.faults.push(...faults);
    if (!included) return;
    owner['policy'] = document;
    result.included.push(included);
  };
  include(data, []);
  for (const section of ['clusters', 'routes']) {
    const entries: unknown[] = isFields(data) && Array.isArray(data[section]) ? data[section] : [];
    entries.forEach((entry, index) => include(entry, [section, index]));
  }
  return result;
}

/** Finds positions in the main text and in the included files. */
export function placeIn(main: FindPlace, included: readonly IncludedPolicy[]): FindPlace {
  const byKeys = new Map(included.map((one) => [one.keys.join('\0'), one]));
  return (path): Place | undefined => {
    const owner = byKeys.get(path.slice(0, 1).join('\0')) ?? byKeys.get(path.slice(0, 3).join('\0'));
    if (!owner) return main(path);
    return { line: 1, column: 1, ...owner.place(path.slice(owner.keys.length)), file: owner.file };
  };
}
