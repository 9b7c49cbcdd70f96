export type Fields = Record<string, unknown>;

/** Returns the members of an object, and none for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
