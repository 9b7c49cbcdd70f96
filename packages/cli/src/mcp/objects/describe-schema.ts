import { fieldOf, isMapping, textOf } from '../../input/untrusted.ts';

/** A schema of a document of OpenAPI v3, not yet looked into. */
type Schema = Record<string, unknown>;

const maxReferences = 20;

/** Returns the name in a reference to a schema of the same document. */
function referenceOf(schema: Schema): string | undefined {
  const [first] = Array.isArray(schema.allOf) ? (schema.allOf as unknown[]) : [];
  const reference = fieldOf(schema, '$ref') ?? fieldOf(first, '$ref');
  return typeof reference === 'string' ? /^#\/components\/schemas\/(.+)$/.exec(reference)?.[1] : undefined;
}

/** Follows references until there is a schema with fields. */
function resolveSchema(document: unknown, schema: unknown): Schema | undefined {
  const schemas = fieldOf(fieldOf(document, 'components'), 'schemas');
  let found = schema;
  for (let step = 0; step < maxReferences && isMapping(found); step += 1) {
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
  return Object.values(isMapping(schemas) ? schemas : {})
    .filter((schema) => isMapping(schema))
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
function elementOf(schema: Schema): unknown {
  if (isMapping(schema.items)) return schema.items;
  return isMapping(schema.additionalProperties) ? schema.additionalProperties : schema;
}

function fieldsOf(schema: Schema): [name: string, schema: Schema][] {
  const { properties } = schema;
  return isMapping(properties)
    ? Object.entries(properties).filter((one): one is [string, Schema] => isMapping(one[1]))
    : [];
}

const maxSummaryLength = 240;

/** Returns the type of a field as kubectl explain has it, such as `[]Container` or `map[string]string`. */
function typeOf(schema: Schema): string {
  const name = referenceOf(schema);
  if (name !== undefined) return name.slice(name.lastIndexOf('.') + 1);
  if (schema['x-kubernetes-int-or-string'] === true) return 'integer or string';
  const element = elementOf(schema);
  const type = textOf(schema.type) || 'object';
  if (element === schema) return type;
  return `${type === 'array' ? '[]' : 'map[string]'}${typeOf(element as Schema)}`;
}

/** Returns the first sentences of a description. */
function summaryOf(description: string): string {
  const line = description.replaceAll(/\s+/g, ' ').trim();
  if (line.length <= maxSummaryLength) return line;
  const end = line.lastIndexOf('. ', maxSummaryLength);
  return end > 0 ? line.slice(0, end + 1) : `${line.slice(0, maxSummaryLength)}…`;
}

function valuesOf({ enum: values }: Schema): string {
  return Array.isArray(values) && values.length > 0
    ? `One of: ${values.map((value) => JSON.stringify(value)).join(', ')}`
    : '';
}

/** Describes a schema and its fields, one per line. */
export function describeSchema(document: unknown, schema: Schema): string {
  const whole = resolveSchema(document, schema) ?? schema;
  const element = resolveSchema(document, elementOf(whole)) ?? whole;
  const required = Array.isArray(element.required) ? element.required : [];
  const fields = fieldsOf(element).map(([name, field]) => {
    const parts = [
      `  ${name} <${typeOf(field)}>`,
      ...(required.includes(name) ? ['-required-'] : []),
      summaryOf(textOf(field.description)),
      valuesOf(field),
    ];
    return parts.filter((part) => part !== '').join(' ');
  });
  const description = textOf(schema.description) || textOf(whole.description);
  return [
    `TYPE: ${typeOf(schema)}`,
    ...(description === ''
      ? []
      : [`DESCRIPTION: ${[description, valuesOf(schema)].filter((part) => part !== '').join(' ')}`]),
    ...(fields.length === 0 ? [] : ['FIELDS:', ...fields]),
    '',
  ].join('\n');
}

/** Finds the field that a path names, from the schema of a kind on. Steps through lists and maps. */
export function findField(document: unknown, kind: Schema, path: readonly string[]): Schema | undefined {
  return path.reduce<Schema | undefined>((schema, name) => {
    const whole = schema && resolveSchema(document, schema);
    const element = whole && resolveSchema(document, elementOf(whole));
    return element && fieldsOf(element).find(([field]) => field === name)?.[1];
  }, kind);
}
