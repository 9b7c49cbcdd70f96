import { fieldOf } from '../../input/field-of.ts';

/** A schema of a document of OpenAPI v3, not yet looked into. */
export type Schema = Record<string, unknown>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const maxReferences = 20;

/** Returns the name in a reference to a schema of the same document. */
export function referenceOf(schema: Schema): string | undefined {
  const [first] = Array.isArray(schema.allOf) ? (schema.allOf as unknown[]) : [];
  const reference = fieldOf(schema, '$ref') ?? fieldOf(first, '$ref');
  return typeof reference === 'string' ? /^#\/components\/schemas\/(.+)$/.exec(reference)?.[1] : undefined;
}

/** Follows references until there is a schema with fields. */
export function resolveSchema(document: unknown, schema: unknown): Schema | undefined {
  const schemas = fieldOf(fieldOf(document, 'components'), 'schemas');
  let found = schema;
  for (let step = 0; step < maxReferences && isSchema(found); step += 1) {
    const name = referenceOf(found);
    if (name === undefined) return found;
    found = fieldOf(schemas, name);
  }
  return undefined;
}

/** Finds the schema of a kind in the document of its group and version. */
export function findKind(
  document: unknown,
  wanted: { group: string; version: string; kind: string },
): Schema | undefined {
  const schemas = fieldOf(fieldOf(document, 'components'), 'schemas');
  return Object.values(isSchema(schemas) ? schemas : {})
    .filter((schema) => isSchema(schema))
    .find((schema) => {
      const kinds = schema['x-kubernetes-group-version-kind'];
      return (
        Array.isArray(kinds) &&
        kinds.some((one) =>
          (['group', 'version', 'kind'] as const).every((part) => (fieldOf(one, part) ?? '') === wanted[part]),
        )
      );
    });
}

/** Returns the schema of the elements of a list or of a map, or the schema itself. */
export function elementOf(schema: Schema): unknown {
  if (isSchema(schema.items)) return schema.items;
  return isSchema(schema.additionalProperties) ? schema.additionalProperties : schema;
}

/** Returns the fields of a schema. */
export function fieldsOf(schema: Schema): [name: string, schema: Schema][] {
  const { properties } = schema;
  return isSchema(properties)
    ? Object.entries(properties).filter((one): one is [string, Schema] => isSchema(one[1]))
    : [];
}
