/**
 * A field of a form or a JSON body: text of 1 to `longest` (2048) characters that stands there once; anything else is
 * as good as missing.
 */
export function readField(body: unknown, name: string, longest = 2048): string | undefined {
  const value: unknown =
    typeof body === 'object' && body !== null && Object.hasOwn(body, name)
      ? (body as Record<string, unknown>)[name]
      : undefined;
  return typeof value === 'string' && value !== '' && value.length <= longest ? value : undefined;
}
