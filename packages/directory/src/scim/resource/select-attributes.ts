import { type Attribute, type ResourceSchema, commonAttributes, findAttribute } from '../schema/attribute.ts';

/** The attributes that a client requests (RFC 7644 3.4.2.5). `*` stands for a whole extension. */
export type AttributeSelection = { included?: ReadonlySet<string>; excluded?: ReadonlySet<string> };

const key = (extension: string | undefined, attribute: string, subAttribute?: string) =>
  [extension ?? '', attribute, ...(subAttribute === undefined ? [] : [subAttribute])].join(' ');

function readNames(schema: ResourceSchema, text: string): ReadonlySet<string> {
  return new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .flatMap((name) => {
        const found = findAttribute(schema, name);
        if (found === undefined) return [];
        if (found === 'extension') return [key(schema.extension!.urn, '*')];
        return [key(found.extension, found.attribute.name, found.subAttribute?.name)];
      }),
  );
}

/**
 * Reads `attributes` or `excludedAttributes`. Unknown names are ignored. If both are given, `attributes` takes
 * precedence.
 */
export function readSelection(schema: ResourceSchema, query: URLSearchParams): AttributeSelection {
  const included = query.get('attributes');
  const excluded = query.get('excludedAttributes');
  if (included !== null && included.trim() !== '') return { included: readNames(schema, included) };
  return excluded === null ? {} : { excluded: readNames(schema, excluded) };
}

/** Reports whether an attribute is returned. */
export function isSelected(
  selection: AttributeSelection,
  { name, returned, subAttributes }: Attribute,
  extension?: string,
): boolean {
  if (returned === 'always') return true;
  const named = (names: ReadonlySet<string>) =>
    names.has(key(extension, name)) || (extension !== undefined && names.has(key(extension, '*')));
  if (selection.included)
    return (
      named(selection.included) ||
      (subAttributes ?? []).some((part) => selection.included!.has(key(extension, name, part.name)))
    );
  return returned !== 'request' && !(selection.excluded && named(selection.excluded));
}

/** Keeps the requested sub-attributes of a value. */
function selectSubAttributes(
  selection: AttributeSelection,
  attribute: Attribute,
  value: unknown,
  extension?: string,
): unknown {
  const names = (attribute.subAttributes ?? []).map(({ name }) => name);
  const has = (set: ReadonlySet<string> | undefined, part: string) =>
    set?.has(key(extension, attribute.name, part)) ?? false;
  const wanted = names.filter((part) => has(selection.included, part));
  const unwanted = names.filter((part) => has(selection.excluded, part));
  if (wanted.length === 0 && unwanted.length === 0) return value;
  const keep = (one: unknown) =>
    Object.fromEntries(
      Object.entries(one as object).filter(([part]) =>
        wanted.length > 0 ? wanted.includes(part) : !unwanted.includes(part),
      ),
    );
  return Array.isArray(value) ? value.map(keep) : keep(value);
}

/** Returns the requested attributes of a resource. */
export function selectAttributes(
  schema: ResourceSchema,
  selection: AttributeSelection,
  resource: Record<string, unknown>,
): Record<string, unknown> {
  const from = (attributes: readonly Attribute[], holder: Record<string, unknown>, extension?: string) =>
    attributes
      .filter(({ name }) => Object.hasOwn(holder, name))
      .filter((attribute) => isSelected(selection, attribute, extension))
      .map(
        (attribute) =>
          [attribute.name, selectSubAttributes(selection, attribute, holder[attribute.name], extension)] as const,
      );
  const own = from([...commonAttributes, ...schema.attributes], resource);
  const urn = schema.extension?.urn ?? '';
  const more = Object.hasOwn(resource, urn)
    ? from(schema.extension!.attributes, resource[urn] as Record<string, unknown>, urn)
    : [];
  return Object.fromEntries([...own, ...(more.length > 0 ? [[urn, Object.fromEntries(more)] as const] : [])]);
}
