/** Formats a time for readers: RFC 3339 in UTC, in whole seconds. Returns an empty text for none. */
export function readableTime(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
