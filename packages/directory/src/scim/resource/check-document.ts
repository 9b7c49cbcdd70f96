import type { ResourceSchema } from '../schema/attribute.ts';
import { badValue } from '../scim-fault.ts';
import type { Document } from './document.ts';

const mostBytes = 16 * 1024;

type Email = { value?: string; primary?: boolean };

function checkName(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw badValue(`${name} is required.`);
  if (value !== value.trim()) throw badValue(`${name} begins or ends with a blank.`);
}

/**
 * Whether a document, however it came about, is one that can be kept: names that are fit to travel, one primary address
 * at most, not too large.
 */
export function checkDocument(schema: ResourceSchema, document: Document): Document {
  for (const { name, required } of schema.attributes) if (required) checkName(name, document[name]);
  if (document['externalId'] === '') throw badValue('externalId is empty.');
  const emails = (document['emails'] ?? []) as Email[];
  if (emails.filter(({ primary }) => primary === true).length > 1)
    throw badValue('Only one e-mail address can be primary.');
  if (emails.some(({ value }) => value === undefined || value === ''))
    throw badValue('An e-mail address has no value.');
  if (Buffer.byteLength(JSON.stringify(document)) > mostBytes)
    throw badValue(`The resource is larger than ${mostBytes / 1024} KiB.`);
  return document;
}
