import type { JsonSchema } from '../language/json-schema.ts';

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

function checkMapping(schema: JsonSchema, value: Record<string, unknown>, defs: Record<string, JsonSchema>): boolean {
  const keys = Object.keys(value);
  if (keys.length < (schema.minProperties ?? 0) || keys.length > (schema.maxProperties ?? Infinity)) return false;
  if (schema.required?.some((key) => !Object.hasOwn(value, key))) return false;
  return keys.every((key) => {
    const own = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const patterns = Object.entries(schema.patternProperties ?? {})
      .filter(([pattern]) => new RegExp(pattern).test(key))
      .map(([, found]) => found);
    const all = own ? [own, ...patterns] : patterns;
    return all.length === 0
      ? schema.additionalProperties !== false
      : all.every((one) => checkSchema(one, value[key], defs));
  });
}

function checkText({ minLength = 0, maxLength = Infinity, pattern }: JsonSchema, value: string): boolean {
  return (
    value.length >= minLength &&
    value.length <= maxLength &&
    (pattern === undefined || new RegExp(pattern, 'u').test(value))
  );
}

/**
 * Validates a value with the part of JSON Schema 2020-12 that the policy schema uses. Implemented for the tests, from
 * the specification.
 */
export function checkSchema(schema: JsonSchema, value: unknown, defs: Record<string, JsonSchema>): boolean {
  if (schema.$ref !== undefined && !checkSchema(defs[schema.$ref.replace('#/$defs/', '')]!, value, defs)) return false;
  const kind = typeOf(value);
  if (schema.type !== undefined && ![schema.type].flat().includes(kind)) return false;
  if (schema.enum && !schema.enum.includes(value)) return false;
  if (schema.anyOf && !schema.anyOf.some((one) => checkSchema(one, value, defs))) return false;
  if (kind === 'string') return checkText(schema, value as string);
  if (kind === 'array')
    return (
      (value as unknown[]).length >= (schema.minItems ?? 0) &&
      (value as unknown[]).every((item) => !schema.items || checkSchema(schema.items, item, defs))
    );
  return kind !== 'object' || checkMapping(schema, value as Record<string, unknown>, defs);
}
