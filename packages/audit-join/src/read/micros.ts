const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** Reads an RFC 3339 time as microseconds since the epoch. Returns undefined if it is none. */
export function readMicros(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length > 40) return undefined;
  const match = form.exec(text);
  if (!match) return undefined;
  const seconds = Date.parse(match[1]! + match[3]!);
  return Number.isNaN(seconds) ? undefined : seconds * 1000 + Number((match[2] ?? '').padEnd(6, '0').slice(0, 6));
}
