const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
const [earliest, latest] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59Z')];

/** Reads the whole seconds, in milliseconds since the epoch, and six digits of the rest. */
function parse(text: unknown): { seconds: number; fraction: string } | undefined {
  if (typeof text !== 'string' || text.length > 40) return undefined;
  const [, local, rest = '', offset] = form.exec(text) ?? [];
  if (local === undefined || offset === undefined) return undefined;
  // Date.parse takes the 30th of February for the 2nd of March, and the 24th hour for the next day.
  if (new Date(`${local}Z`).getUTCDate() !== Number(local.slice(8, 10))) return undefined;
  const seconds = Date.parse(local + offset);
  if (!(seconds >= earliest && seconds <= latest)) return undefined;
  return { seconds, fraction: rest.padEnd(6, '0').slice(0, 6) };
}

/**
 * Reads an RFC 3339 time as microseconds since the epoch. Returns undefined if it is none, or not in the years 1 to
 * 9999.
 */
export function readMicros(text: unknown): number | undefined {
  const time = parse(text);
  return time && time.seconds * 1000 + Number(time.fraction);
}

/** Returns an RFC 3339 time in UTC with microseconds, as every database reads it. Undefined like `readMicros`. */
export function readTime(text: unknown): string | undefined {
  const time = parse(text);
  return time && `${new Date(time.seconds).toISOString().slice(0, 19)}.${time.fraction}Z`;
}
