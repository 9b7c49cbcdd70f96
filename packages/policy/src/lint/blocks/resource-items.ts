import type { FaultPath } from '../../compile/fault-list.ts';

/** A pattern in the data of `k8s/resource`, with its path in the data. */
type ResourceItem = { readonly pattern: string; readonly path: FaultPath };

/** Returns the patterns in the data of `k8s/resource`. */
export function resourceItems(data: unknown): ResourceItem[] {
  if (typeof data === 'string') return [{ pattern: data, path: [] }];
  if (!Array.isArray(data)) return [];
  return data.flatMap((pattern: unknown, index) => (typeof pattern === 'string' ? [{ pattern, path: [index] }] : []));
}
