import type { Attribute, ResourceSchema } from '../schema/attribute.ts';
import { commonAttributes } from '../schema/attribute.ts';
import { findAttribute } from '../schema/find-attribute.ts';

/** The attributes that a client requests (RFC 7644 3.4.2.5). `*` stands for a whole extension. */
export type Choice = { only?: ReadonlySet<string>; without?: ReadonlySet<string> };

const key = (extension: string | undefined, attribute: string, sub?: string) =>
  [extension ?? '', attribute, ...(sub === undefined ? [] : [sub])].join(' ');

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
        return [key(found.extension, found.attribute.name, found.sub?.name)];
      }),
  );
}

/**
 * Reads `attributes` or `excludedAttributes`. Unknown names are ignored. If both are given, `attributes` takes
 * precedence.
 */
export function readChoice(schema: ResourceSchema, query: URLSearchParams): Choice {
  const [only, without] = [query.get('attributes'), query.get('excludedAttributes')];
  if (only !== null && only.trim() !== '') return { only: readNames(schema, only) };
  return without === null ? {} : { without: readNames(schema, without) };
}

/** Reports whether an attribute is returned. */
export function isChosen(choice: Choice, { name, returned, sub }: Attribute, extension?: string): boolean {
  if (returned === 'always') return true;
  const named = (names: ReadonlySet<string>) =>
    names.has(key(extension, name)) || (extension !== undefined && names.has(key(extension, '*')));
  if (choice.only)
    return named(choice.only) || (sub ?? []).some((part) => choice.only!.has(key(extension, name, part.name)));
  return returned !== 'request' && !(choice.without && named(choice.without));
}

/** Keeps the requested sub-attributes of a value. */
function chooseSubAttributes(choice: Choice, attribute: Attribute, value: unknown, extension?: string): unknown {
  const names = (attribute.sub ?? []).map(({ name }) => name);
  const has = (set: ReadonlySet<string> | undefined, part: string) =>
    set?.has(key(extension, attribute.name, part)) ?? false;
  const wanted = names.filter((part) => has(choice.only, part));
  const unwanted = names.filter((part) => has(choice.without, part));
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
export function chooseAttributes(
  schema: ResourceSchema,
  choice: Choice,
  resource: Record<string, unknown>,
): Record<string, unknown> {
  const from = (attributes: readonly Attribute[], holder: Record<string, unknown>, extension?: string) =>
    attributes
      .filter(({ name }) => Object.hasOwn(holder, name))
      .filter((attribute) => isChosen(choice, attribute, extension))
      .map(
        (attribute) =>
          [attribute.name, chooseSubAttributes(choice, attribute, holder[attribute.name], extension)] as const,
      );
  const own = from([...commonAttributes, ...schema.attributes], resource);
  const urn = schema.extension?.urn ?? '';
  const more = Object.hasOwn(resource, urn)
    ? from(schema.extension!.attributes, resource[urn] as Record<string, unknown>, urn)
    : [];
  return Object.fromEntries([...own, ...(more.length > 0 ? [[urn, Object.fromEntries(more)] as const] : [])]);
}
