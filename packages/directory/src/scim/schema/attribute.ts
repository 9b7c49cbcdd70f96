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

/** The attributes of every resource (RFC 7643 3.1). */
export const commonAttributes: readonly Attribute[] = [
  {
    name: 'id',
    type: 'string',
    description: 'The identifier of the resource in this service.',
    mutability: 'readOnly',
    returned: 'always',
    caseExact: true,
    uniqueness: 'server',
  },
  { name: 'externalId', type: 'string', description: 'The identifier of the resource at the client.', caseExact: true },
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
    description: 'Metadata of the resource.',
    mutability: 'readOnly',
    subAttributes: [
      {
        name: 'resourceType',
        type: 'string',
        description: 'The resource type.',
        mutability: 'readOnly',
        caseExact: true,
      },
      { name: 'created', type: 'dateTime', description: 'When the resource was created.', mutability: 'readOnly' },
      {
        name: 'lastModified',
        type: 'dateTime',
        description: 'When the resource was last changed.',
        mutability: 'readOnly',
      },
      {
        name: 'location',
        type: 'reference',
        description: 'The URL of the resource.',
        mutability: 'readOnly',
        caseExact: true,
      },
      {
        name: 'version',
        type: 'string',
        description: 'The entity tag of the resource.',
        mutability: 'readOnly',
        caseExact: true,
      },
    ],
  },
];
