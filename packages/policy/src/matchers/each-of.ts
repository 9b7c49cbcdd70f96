import type { FaultList, FaultPath } from '../document/fault-list.ts';

/**
 * Compiles a value, or each of a list of values, of which there is at least one. Returns undefined after reporting a
 * fault. `what`: what each of them is, for messages.
 */
export function compileEach<T>(
  data: unknown,
  compileOne: (item: unknown, path: FaultPath) => T | undefined,
  { what, path, faults }: { what: string; path: FaultPath; faults: FaultList },
): readonly T[] | undefined {
  const list: unknown[] = Array.isArray(data) ? data : [data];
  if (list.length === 0) return faults.add(path, `needs at least one ${what}`);
  const all = list.map((item, index) => compileOne(item, Array.isArray(data) ? [...path, index] : path));
  return all.includes(undefined) ? undefined : (all as T[]);
}
