import type { Attribute, ResourceSchema } from '../schema/attribute.ts';
import { commonAttributes } from '../schema/attribute.ts';
import { invalidValue, ScimError } from '../errors/scim-error.ts';
import { checkDocument } from './check-document.ts';
import type { Document } from './document.ts';
import { readValue } from './read-value.ts';

const externalId = commonAttributes.find(({ name }) => name === 'externalId')!;
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readAttributes(attributes: readonly Attribute[], given: Record<string, unknown>): [string, unknown][] {
  const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  return attributes
    .filter(({ mutability }) => mutability !== 'readOnly')
    .flatMap((attribute): [string, unknown][] => {
      const value = readValue(attribute, byName.get(attribute.name.toLowerCase()));
      return value === undefined ? [] : [[attribute.name, value]];
    });
}

/** Checks that `schemas` names the resource's own schema. Other names are ignored. */
function checkSchemas(schema: ResourceSchema, schemas: unknown): void {
  const named = Array.isArray(schemas) ? schemas : [];
  if (!named.some((one) => typeof one === 'string' && one.toLowerCase() === schema.urn.toLowerCase()))
    throw new ScimError(400, `schemas must name ${schema.urn}.`, 'invalidSyntax');
}

/**
 * Reads a whole resource, sent to create or replace one. Leaves out unknown and read-only attributes (id, meta, a user's
 * groups), and the attributes in `except`. Throws a ScimError.
 */
export function readResource(schema: ResourceSchema, body: unknown, except: readonly string[] = []): Document {
  if (!isMap(body)) throw new ScimError(400, 'The body must be an object.', 'invalidSyntax');
  checkSchemas(schema, body['schemas']);
  const attributes = [externalId, ...schema.attributes.filter(({ name }) => !except.includes(name))];
  const { extension } = schema;
  const more =
    extension && Object.entries(body).find(([name]) => name.toLowerCase() === extension.urn.toLowerCase())?.[1];
  if (more !== undefined && more !== null && !isMap(more)) throw invalidValue(`${extension!.urn} must be an object.`);
  const inExtension = isMap(more) ? readAttributes(extension!.attributes, more) : [];
  const document = Object.fromEntries([
    ...readAttributes(attributes, body),
    ...(inExtension.length > 0 ? [[extension!.urn, Object.fromEntries(inExtension)] as const] : []),
  ]);
  return checkDocument(schema, document);
}
