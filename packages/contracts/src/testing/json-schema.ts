import fc from 'fast-check';

/** The part of JSON Schema that zod writes for the contracts. */
export type JsonSchema = {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
};

// Every number in an answer is a time, a count, a size, a port or an exit code.
const number = fc.integer({ min: 1, max: 4_102_444_800_000 });

function arbitraryObject({ properties = {}, required = [], additionalProperties }: JsonSchema): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, arbitraryOf(one)]));
  if (typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0)
    return fc.dictionary(fc.string({ maxLength: 8 }), arbitraryOf(additionalProperties), { maxKeys: 3 });
  return fc.record(members, { requiredKeys: required });
}

/** Returns an arbitrary that produces values of a JSON schema. */
export function arbitraryOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(arbitraryOf));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  switch (schema.type) {
    case 'object':
      return arbitraryObject(schema);
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}), { maxLength: Math.min(schema.maxItems ?? 3, 3) });
    case 'string':
      return fc.string({ minLength: schema.minLength ?? 0, maxLength: Math.min(schema.maxLength ?? 20, 20) });
    case 'number':
    case 'integer':
      return number;
    case 'boolean':
      return fc.boolean();
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

/** Returns the paths of all members that a JSON schema names, such as `streams[].id`. */
export function memberPaths(schema: JsonSchema, prefix = ''): string[] {
  const inChoices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((one) => memberPaths(one, prefix));
  const inItems = schema.items ? memberPaths(schema.items, `${prefix}[]`) : [];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return [path, ...memberPaths(one, path)];
  });
  return [...new Set([...own, ...inItems, ...inChoices])];
}
