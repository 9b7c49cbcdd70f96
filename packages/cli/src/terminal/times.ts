import { dayMs, hourMs, minuteMs, secondMs } from '@sallyport/contracts/text';

/**
 * Formats a time for programs: RFC 3339 in UTC with milliseconds. Only what lists the audit trail on a terminal shows
 * other times (see `clock.ts`). All others can be compared with the logs of the gateway and of the clusters.
 */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

/** Formats a time for readers: RFC 3339 in UTC, in whole seconds. Returns an empty text for none. */
export function readableTime(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

const units: readonly [string, number][] = [
  ['d', dayMs],
  ['h', hourMs],
  ['m', minuteMs],
  ['s', secondMs],
];

/** Formats a length of time with its two largest units, such as `2h5m` or `45s`, and milliseconds below a second. */
export function readableSpan(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const largest = units.findIndex(([, size]) => ms >= size);
  const [unit, size] = units[largest]!;
  const next = units[largest + 1];
  if (next === undefined)
    return `${ms < 10_000 ? (Math.floor(ms / 100) / 10).toString() : Math.floor(ms / size)}${unit}`;
  const rest = Math.floor((ms % size) / next[1]);
  return `${Math.floor(ms / size)}${unit}${rest === 0 ? '' : `${rest}${next[0]}`}`;
}

/** Returns a record for programs: the named times, which are milliseconds, become RFC 3339. */
export function withTimes<T extends object>(record: T, names: readonly (keyof T)[]): Record<string, unknown> {
  const times = names.map((name) => [name, record[name]] as const).filter(([, value]) => typeof value === 'number');
  return { ...record, ...Object.fromEntries(times.map(([name, value]) => [name, rfc3339(value as number)])) };
}
