import { fieldsOf } from './json-fields.ts';

/** The key of a version of a group in what was read. */
export function servedKey(apiGroup: string, apiVersion: string): string {
  return `${apiVersion}.${apiGroup}`;
}

/**
 * Reads an APIServiceList: whether each version of a group is served by an aggregated API. Undefined for anything else.
 * What has no readable service counts as aggregated unless it has none at all.
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
