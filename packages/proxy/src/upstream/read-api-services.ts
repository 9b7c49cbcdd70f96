import { fieldsOf } from './json-fields.ts';

/** Returns the key of a version of a group. */
export function servedKey(apiGroup: string, apiVersion: string): string {
  return `${apiVersion}.${apiGroup}`;
}

/**
 * Reads from an APIServiceList whether an aggregated API serves each version of a group. Returns undefined for anything
 * else. An APIService counts as aggregated if it has a `service`, readable or not.
 */
export function readApiServices(text: string): ReadonlyMap<string, boolean> | undefined {
  let document: Record<string, unknown>;
  try {
    document = fieldsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { kind, items } = document;
  if (kind !== 'APIServiceList' || !Array.isArray(items)) return undefined;
  const aggregated = new Map<string, boolean>();
  for (const item of items) {
    const { spec } = fieldsOf(item);
    if (typeof spec !== 'object' || spec === null) continue;
    const { group, version, service } = fieldsOf(spec);
    if (typeof version === 'string' && (group === undefined || typeof group === 'string'))
      aggregated.set(servedKey(group ?? '', version), service != null);
  }
  return aggregated;
}
