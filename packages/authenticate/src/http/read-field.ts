/**
 * Reads a field of a form or JSON body: a string of 1 to `maxLength` (2048) characters that appears once. Returns
 * undefined for anything else.
 */
export function readField(body: unknown, name: string, maxLength = 2048): string | undefined {
  const value: unknown =
    typeof body === 'object' && body !== null && Object.hasOwn(body, name)
      ? (body as Record<string, unknown>)[name]
      : undefined;
  return typeof value === 'string' && value !== '' && value.length <= maxLength ? value : undefined;
}
