/** Returns a field of an untrusted value, or undefined if the value has no such field. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** Reports whether an untrusted value is an object with members. */
export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns an untrusted value if it is a text, otherwise an empty text. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Returns an untrusted value if it is a list, otherwise an empty list. */
/** Returns the members that are not undefined. */
export const given = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

/** Returns the texts of a list; none for anything else. */
export const textsOf = (value: unknown): string[] => listOf(value).filter((one) => typeof one === 'string');

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Parses JSON. Returns undefined for anything else. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
