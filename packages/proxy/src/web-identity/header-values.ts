import { identityFields, type CheckAnswer, type RouteIdentityConfig } from '@sallyport/contracts';

type Identity = NonNullable<CheckAnswer['identity']>;

/**
 * Reports whether servers of every kind read the text as it is. They read other bytes than ASCII in different ways, and
 * trim blanks at the ends.
 */
const isPlain = (text: string) => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);

/** Returns the value of a header; undefined if the identity has none, or none that a header can carry unchanged. */
function valueOf(
  field: (typeof identityFields)[number],
  identity: Identity,
  groups: readonly string[],
): string | undefined {
  if (field !== 'groups') {
    const text = identity[field];
    return text !== undefined && isPlain(text) ? text : undefined;
  }
  // All or none: the application could not tell that a list is not complete.
  return groups.length > 0 && groups.every((group) => isPlain(group) && !group.includes(','))
    ? groups.join(',')
    : undefined;
}

/** Returns the lines of the headers that a route has configured (name, value, ...). */
export function plainHeaderLines(
  headers: RouteIdentityConfig['headers'],
  identity: Identity,
  groups: readonly string[],
): string[] {
  const lines: string[] = [];
  for (const field of identityFields) {
    const name = headers[field];
    if (name == null) continue;
    const value = valueOf(field, identity, groups);
    if (value !== undefined) lines.push(name, value);
  }
  return lines;
}
