import type { z } from 'zod';
import type { ConfigFault } from './config-faults.ts';
import { describeIssue } from './describe-issue.ts';
import { nearestName } from './nearest-name.ts';
import type { FindPlace } from './yaml-places.ts';

type Def = {
  type: string;
  innerType?: z.core.$ZodType;
  in?: z.core.$ZodType;
  element?: z.core.$ZodType;
  shape?: Record<string, z.core.$ZodType>;
  options?: z.core.$ZodType[];
};

const defOf = (schema: z.core.$ZodType) => (schema as unknown as { _zod: { def: Def } })._zod.def;

/** Returns the schemas one step down a path. A union has several. */
function step(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType[] {
  const def = defOf(schema);
  if (def.shape) return typeof key === 'string' && Object.hasOwn(def.shape, key) ? [def.shape[key]!] : [];
  if (def.options) return def.options.flatMap((option) => step(option, key));
  if (def.element) return [def.element];
  const inner = def.innerType ?? def.in;
  return inner ? step(inner, key) : [];
}

function keysOf(schema: z.core.$ZodType): string[] {
  const def = defOf(schema);
  if (def.shape) return Object.keys(def.shape);
  if (def.options) return def.options.flatMap(keysOf);
  const inner = def.innerType ?? def.in;
  return inner ? keysOf(inner) : [];
}

/** Returns the keys that a schema has at a path, for "did you mean" hints. */
function schemaKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const found = path.reduce<z.core.$ZodType[]>((all, key) => all.flatMap((one) => step(one, key)), [schema]);
  return [...new Set(found.flatMap(keysOf))];
}

function asFaults(schema: z.core.$ZodType, issue: z.core.$ZodIssue, place: FindPlace): ConfigFault[] {
  const at = (keys: readonly PropertyKey[]) => ({ path: keys.join('.'), ...place(keys) });
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearestName(key, schemaKeys(schema, issue.path));
      return {
        ...at([...issue.path, key]),
        message: 'unknown field',
        ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
      };
    });
  }
  if (issue.code === 'invalid_key')
    return [{ ...at(issue.path), message: issue.issues[0]?.message ?? 'is not a valid name' }];
  if (issue.code === 'invalid_union') {
    // The alternative with the fewest faults is most likely the intended one.
    const inner = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? [];
    const nested = inner.flatMap((one) =>
      asFaults(schema, { ...one, path: [...issue.path, ...one.path] } as z.core.$ZodIssue, place),
    );
    return nested.length > 0 ? nested : [{ ...at(issue.path), message: 'matches none of the allowed forms' }];
  }
  return [{ ...at(issue.path), message: describeIssue(issue) }];
}

/** Returns the faults that a schema finds in a file, each with its place and the field that was probably meant. */
export const schemaFaults = (
  schema: z.core.$ZodType,
  issues: readonly z.core.$ZodIssue[],
  place: FindPlace,
): ConfigFault[] => issues.flatMap((issue) => asFaults(schema, issue, place));
