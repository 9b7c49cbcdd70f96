import { fieldsOf, type Fields } from './json-fields.ts';

/** Whether each kind is namespaced, by `group/version/resource`. */
type DiscoveredScopes = ReadonlyMap<string, boolean>;

/** Returns the key of a kind. */
export function kindKey(apiGroup: string, apiVersion: string, resource: string): string {
  return `${apiGroup}/${apiVersion}/${resource}`;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);

/**
 * Reads aggregated discovery (APIGroupDiscoveryList, KEP-3352) of `/apis`. Returns undefined for anything else. Leaves
 * out versions that the cluster marks as stale, and kinds without a known scope.
 */
export function readDiscovery(text: string): DiscoveredScopes | undefined {
  let document: Fields;
  try {
    document = fieldsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
  if (document['kind'] !== 'APIGroupDiscoveryList' || !Array.isArray(document['items'])) return undefined;
  const scopes = new Map<string, boolean>();
  for (const group of listOf(document['items'])) {
    const name = textOf(fieldsOf(group['metadata'])['name']);
    for (const version of listOf(group['versions'])) {
      if (version['freshness'] === 'Stale') continue;
      for (const { resource, scope } of listOf(version['resources'])) {
        if (scope === 'Namespaced' || scope === 'Cluster')
          scopes.set(kindKey(name, textOf(version['version']), textOf(resource)), scope === 'Namespaced');
      }
    }
  }
  return scopes;
}
