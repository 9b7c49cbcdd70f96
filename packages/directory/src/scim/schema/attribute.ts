/** One attribute of a resource, in the terms of RFC 7643 7. What is left out has that section's default. */
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
  /** Of a reference: what it may lead to. */
  referenceTypes?: readonly string[];
  /** The only values there are. */
  canonicalValues?: readonly string[];
  sub?: readonly Attribute[];
};

/** A resource: the attributes of its own schema, of one extension, and those that all resources have. */
export type ResourceSchema = {
  name: 'User' | 'Group';
  endpoint: 'Users' | 'Groups';
  description: string;
  urn: string;
  attributes: readonly Attribute[];
  extension?: { urn: string; name: string; attributes: readonly Attribute[] };
  /** Attributes of the standard that are taken and not kept: nothing here needs them. */
  ignored: readonly string[];
};

/** Attributes of every resource (RFC 7643 3.1). */
export const commonAttributes: readonly Attribute[] = [
  {
    name: 'id',
    type: 'string',
    description: 'The identifier here.',
    mutability: 'readOnly',
    returned: 'always',
    caseExact: true,
    uniqueness: 'server',
  },
  { name: 'externalId', type: 'string', description: 'The identifier at the client.', caseExact: true },
  {
    name: 'schemas',
    type: 'reference',
    description: 'The schemas of the resource.',
    multiValued: true,
    mutability: 'readOnly',
    returned: 'always',
    caseExact: true,
  },
  {
    name: 'meta',
    type: 'complex',
    description: 'About the resource.',
    mutability: 'readOnly',
    sub: [
      {
        name: 'resourceType',
        type: 'string',
        description: 'What kind of resource it is.',
        mutability: 'readOnly',
        caseExact: true,
      },
      { name: 'created', type: 'dateTime', description: 'When it was made.', mutability: 'readOnly' },
      { name: 'lastModified', type: 'dateTime', description: 'When it was last changed.', mutability: 'readOnly' },
      { name: 'location', type: 'reference', description: 'Its address.', mutability: 'readOnly', caseExact: true },
      { name: 'version', type: 'string', description: 'Its entity tag.', mutability: 'readOnly', caseExact: true },
    ],
  },
];
