import { commonAttributes, type Attribute, type ResourceSchema } from './attribute.ts';

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

/** Returns what follows the URN and a colon, or undefined if the path does not begin with them. */
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
