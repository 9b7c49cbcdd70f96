import { invalidValue } from '../answer/scim-error.ts';
import type { ResourceSchema } from '../schema/attribute.ts';

/**
 * The stored attributes of a resource, by name. Those of an extension are under its URN. Contains only attributes of the
 * schema.
 */
export type Document = Record<string, unknown>;

const maxBytes = 16 * 1024;

type Email = { value?: string; primary?: boolean };

function checkName(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw invalidValue(`${name} is required.`);
  if (value !== value.trim()) throw invalidValue(`${name} begins or ends with a space.`);
}

/**
 * Checks that a document can be stored: it has its required names, at most one primary address, and is not too large.
 * Throws a ScimError.
 */
export function checkDocument(schema: ResourceSchema, document: Document): Document {
  for (const { name, required } of schema.attributes) if (required) checkName(name, document[name]);
  if (document['externalId'] === '') throw invalidValue('externalId is empty.');
  const emails = (document['emails'] ?? []) as Email[];
  if (emails.filter(({ primary }) => primary === true).length > 1)
    throw invalidValue('Only one e-mail address can be primary.');
  if (emails.some(({ value }) => value === undefined || value === ''))
    throw invalidValue('An e-mail address has no value.');
  if (Buffer.byteLength(JSON.stringify(document)) > maxBytes)
    throw invalidValue(`The resource is larger than ${maxBytes / 1024} KiB.`);
  return document;
}
