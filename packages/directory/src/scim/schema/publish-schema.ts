import type { Attribute, ResourceSchema } from './attribute.ts';

function describe({
  name,
  type,
  description,
  multiValued,
  required,
  caseExact,
  mutability,
  returned,
  uniqueness,
  referenceTypes,
  canonicalValues,
  subAttributes,
}: Attribute): object {
  return {
    name,
    type,
    multiValued: multiValued ?? false,
    description,
    required: required ?? false,
    mutability: mutability ?? 'readWrite',
    returned: returned ?? 'default',
    ...(type === 'string' || type === 'reference'
      ? { caseExact: caseExact ?? false, uniqueness: uniqueness ?? 'none' }
      : {}),
    ...(type === 'reference' ? { referenceTypes: referenceTypes ?? ['uri'] } : {}),
    ...(canonicalValues ? { canonicalValues } : {}),
    ...(subAttributes ? { subAttributes: subAttributes.map(describe) } : {}),
  };
}

const schemaUrn = 'urn:ietf:params:scim:schemas:core:2.0:Schema';

/** Returns the schema of a resource type and that of its extension, in the form of RFC 7643 7. */
export function publishSchemas(schema: ResourceSchema, baseUrl: string): { id: string; [name: string]: unknown }[] {
  const publish = (urn: string, name: string, description: string, attributes: readonly Attribute[]) => ({
    schemas: [schemaUrn],
    id: urn,
    name,
    description,
    attributes: attributes.map(describe),
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${urn}` },
  });
  const { extension } = schema;
  return [
    publish(schema.urn, schema.name, schema.description, schema.attributes),
    ...(extension
      ? [publish(extension.urn, extension.name, `Enterprise extension of ${schema.name}`, extension.attributes)]
      : []),
  ];
}
