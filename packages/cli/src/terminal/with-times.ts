import { rfc3339 } from './rfc3339.ts';

/** Returns a record for programs: the named times, which are milliseconds, become RFC 3339. */
export function withTimes<T extends object>(record: T, names: readonly (keyof T)[]): Record<string, unknown> {
  const times = names.map((name) => [name, record[name]] as const).filter(([, value]) => typeof value === 'number');
  return { ...record, ...Object.fromEntries(times.map(([name, value]) => [name, rfc3339(value as number)])) };
}
