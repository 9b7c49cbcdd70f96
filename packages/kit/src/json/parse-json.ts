/** Parses a JSON text; undefined if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type Fields = Record<string, unknown>;

/** Returns the members of an object, and none for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** Returns the members of a JSON object in base64url, such as the payload of a JWT, and none if it is not one. */
export function fieldsOfPart(part: string): Fields {
  return fieldsOf(parseJson(Buffer.from(part, 'base64url').toString('utf8')));
}
