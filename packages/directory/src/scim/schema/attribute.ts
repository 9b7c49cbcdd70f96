/** An attribute of a resource, as RFC 7643 7 defines it. Omitted characteristics have the defaults of that section. */
export type Attribute = {
  name: string;
  type: 'string' | 'boolean' | 'dateTime' | 'reference' | 'complex';
  description: string;
  multiValued?: true;
  required?: true;
  caseExact?: true;
  mutability?: 'readOnly';
  returned?: 'always' | 'request';
  uniqueness?: 'server';
  /** For a reference: the resource types that it may point to. */
  referenceTypes?: readonly string[];
  /** The only allowed values. */
  canonicalValues?: readonly string[];
  subAttributes?: readonly Attribute[];
};

/** The attributes of a resource type: those of its schema and of one extension. */
export type ResourceSchema = {
  name: 'User' | 'Group';
  endpoint: 'Users' | 'Groups';
  description: string;
  urn: string;
  attributes: readonly Attribute[];
  extension?: { urn: string; name: string; attributes: readonly Attribute[] };
  /** Standard attributes that are accepted but not stored, because nothing here needs them. */
  ignored: readonly string[];
};

/** Defines an attribute that is a string, unless `more` says otherwise. */
export const text = (name: string, description: string, more: Partial<Attribute> = {}): Attribute => ({
  name,
  type: 'string',
  description,
  ...more,
});

const fixed = { mutability: 'readOnly', caseExact: true } as const;
const dated = { mutability: 'readOnly', type: 'dateTime' } as const;

/** The attributes of every resource (RFC 7643 3.1). */
export const commonAttributes: readonly Attribute[] = [
  text('id', 'The identifier of the resource in this service.', { ...fixed, returned: 'always', uniqueness: 'server' }),
  text('externalId', 'The identifier of the resource at the client.', { caseExact: true }),
  text('schemas', 'The schemas of the resource.', {
    ...fixed,
    type: 'reference',
    multiValued: true,
    returned: 'always',
  }),
  text('meta', 'Metadata of the resource.', {
    type: 'complex',
    mutability: 'readOnly',
    subAttributes: [
      text('resourceType', 'The resource type.', fixed),
      text('created', 'When the resource was created.', dated),
      text('lastModified', 'When the resource was last changed.', dated),
      text('location', 'The URL of the resource.', { ...fixed, type: 'reference' }),
      text('version', 'The entity tag of the resource.', fixed),
    ],
  }),
];

/** A resolved attribute path: the URN of the extension if any, the attribute, and the sub-attribute if named. */
export type FoundAttribute = {
  extension: string | undefined;
  attribute: Attribute;
  subAttribute: Attribute | undefined;
};

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function within(
  attributes: readonly Attribute[],
  path: string,
  extension: string | undefined,
): FoundAttribute | undefined {
  const [first = '', second, ...rest] = path.split('.');
  const attribute = attributes.find(({ name }) => same(name, first));
  if (!attribute || rest.length > 0) return undefined;
  if (second === undefined) return { extension, attribute, subAttribute: undefined };
  const subAttribute = attribute.subAttributes?.find(({ name }) => same(name, second));
  return subAttribute && { extension, attribute, subAttribute };
}

/** What follows the URN and a colon, or undefined if the path does not begin with them. */
function afterUrn(path: string, urn: string): string | undefined {
  return same(path.slice(0, urn.length + 1), `${urn}:`) ? path.slice(urn.length + 1) : undefined;
}

/**
 * Resolves an attribute path case-insensitively, with or without the URN of its schema (RFC 7644 3.10). Returns
 * `extension` if the path names the whole extension.
 */
export function findAttribute(schema: ResourceSchema, path: string): FoundAttribute | 'extension' | undefined {
  const { extension } = schema;
  if (extension && same(path, extension.urn)) return 'extension';
  const inExtension = extension && afterUrn(path, extension.urn);
  if (inExtension !== undefined) return within(extension!.attributes, inExtension, extension!.urn);
  const own = afterUrn(path, schema.urn) ?? path;
  return within(schema.attributes, own, undefined) ?? within(commonAttributes, own, undefined);
}

/** Reports whether the path names an attribute that is accepted but not stored. */
export function isIgnored(schema: ResourceSchema, path: string): boolean {
  const own = afterUrn(path, schema.urn) ?? path;
  const [first = ''] = own.split(/[.[]/, 1);
  return schema.ignored.some((name) => same(name, first));
}
