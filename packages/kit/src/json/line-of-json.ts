// DEL and C1 controls, and what ends a line for some readers or changes the direction of text. JSON allows them as they are.
const unsafe = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Returns JSON in which the characters that are not safe to show are written as `\uXXXX`. It is the same data. */
export function escapeUnseen(json: string): string {
  return json.replace(unsafe, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Returns a value as JSON that is one line for every reader and safe to show on a terminal. It is the same data, so a
 * hash of the canonical form stays the same.
 */
export function lineOfJson(value: unknown): string {
  return escapeUnseen(JSON.stringify(value));
}
