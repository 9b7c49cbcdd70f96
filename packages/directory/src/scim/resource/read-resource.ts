import { invalidValue, ScimError } from '../answer/scim-error.ts';
import { type Attribute, type ResourceSchema, commonAttributes } from '../schema/attribute.ts';
import { isMap, namesSchema } from '../values/maps.ts';
import { checkDocument, type Document } from './document.ts';

const maxTextBytes = 1024;
const maxElements = 50;

/**
 * Throws if a list is too long. Check before comparing two lists: comparing takes time in the product of their lengths.
 */
export function checkLength(name: string, list: readonly unknown[]): void {
  if (list.length > maxElements) throw invalidValue(`${name} has more than ${maxElements} values.`);
}

/**
 * Reads a string. Names are sent in headers and logged, so control characters and malformed Unicode are rejected.
 */
function readText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw invalidValue(`${name} must be a string.`);
  if (Buffer.byteLength(value) > maxTextBytes) throw invalidValue(`${name} is longer than ${maxTextBytes} bytes.`);
  if (!value.isWellFormed() || /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value))
    throw invalidValue(`${name} contains control characters or malformed Unicode.`);
  return value;
}

/** Reads a boolean. Entra sends booleans as "True" and "False". */
function readBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (text !== 'true' && text !== 'false') throw invalidValue(`${name} must be true or false.`);
  return text === 'true';
}

function readSingle(attribute: Attribute, value: unknown): unknown {
  if (attribute.type === 'boolean') return readBoolean(attribute.name, value);
  if (attribute.type === 'complex') return readComplex(attribute, value);
  return readText(attribute.name, value);
}

/** Reads a complex value. Names may be in any case. A plain string is read as the `value`, as some clients send it. */
function readComplex(attribute: Attribute, value: unknown): Record<string, unknown> | undefined {
  const parts = attribute.subAttributes ?? [];
  if (typeof value === 'string' && parts.some(({ name }) => name === 'value'))
    return { value: readText(attribute.name, value) };
  if (!isMap(value)) throw invalidValue(`${attribute.name} must be an object.`);
  const given = new Map(Object.entries(value).map(([name, one]) => [name.toLowerCase(), one]));
  const read = parts.flatMap((part) => {
    const one = given.get(part.name.toLowerCase());
    return one === undefined || one === null ? [] : [[part.name, readSingle(part, one)] as const];
  });
  return read.length === 0 ? undefined : Object.fromEntries(read);
}

/**
 * Reads the value of an attribute into the form in which it is stored, or returns undefined if it is empty. Throws a
 * ScimError (invalidValue).
 */
export function readValue(attribute: Attribute, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (!attribute.multiValued) return readSingle(attribute, value);
  const elements = [value].flat();
  checkLength(attribute.name, elements);
  const read = elements.map((element) => readSingle(attribute, element)).filter((element) => element !== undefined);
  return read.length === 0 ? undefined : read;
}

const externalId = commonAttributes.find(({ name }) => name === 'externalId')!;

function readAttributes(attributes: readonly Attribute[], given: Record<string, unknown>): [string, unknown][] {
  const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  return attributes
    .filter(({ mutability }) => mutability !== 'readOnly')
    .flatMap((attribute): [string, unknown][] => {
      const value = readValue(attribute, byName.get(attribute.name.toLowerCase()));
      return value === undefined ? [] : [[attribute.name, value]];
    });
}

/**
 * Reads a whole resource, sent to create or replace one. Leaves out unknown and read-only attributes (id, meta, a user's
 * groups), and the attributes in `except`. Throws a ScimError.
 */
export function readResource(schema: ResourceSchema, body: unknown, except: readonly string[] = []): Document {
  if (!isMap(body)) throw new ScimError(400, 'The body must be an object.', 'invalidSyntax');
  if (!namesSchema(body['schemas'], schema.urn))
    throw new ScimError(400, `schemas must name ${schema.urn}.`, 'invalidSyntax');
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
