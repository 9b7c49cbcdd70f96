import type { z } from 'zod';

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
export function schemaKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const found = path.reduce<z.core.$ZodType[]>((all, key) => all.flatMap((one) => step(one, key)), [schema]);
  return [...new Set(found.flatMap(keysOf))];
}
