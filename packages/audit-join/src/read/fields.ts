/** An object whose members are not checked. */
export type Fields = Record<string, unknown>;

/** Returns an object's members, or undefined for anything else. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Returns a text of at most `max` characters, or undefined. */
export function textOf(value: unknown, max: number): string | undefined {
  return typeof value === 'string' && value.length <= max ? value : undefined;
}
