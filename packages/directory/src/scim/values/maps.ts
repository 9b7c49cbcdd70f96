/** Reports whether a value is a JSON object. */
export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the member with this name, which may be in any case (RFC 7643 2.1). `name` is in lower case. */
export const member = (map: object, name: string): unknown =>
  Object.entries(map).find(([key]) => key.toLowerCase() === name)?.[1];

/** Reports whether `schemas`, the member of a message or resource, names this URN in any case. */
export const namesSchema = (schemas: unknown, urn: string): boolean =>
  Array.isArray(schemas) && schemas.some((one) => typeof one === 'string' && one.toLowerCase() === urn.toLowerCase());
