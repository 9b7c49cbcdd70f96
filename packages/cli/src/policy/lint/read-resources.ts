import { fieldOf } from '../../input/field-of.ts';
import type { KnownResource } from '../../config/gateway-config.ts';

/** The resources that a part of discovery lists, and the groups that it could not list. */
export type DiscoveredResources = { resources: KnownResource[]; staleGroups: string[] };

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Reads aggregated discovery (APIGroupDiscoveryList, KEP-3352). Returns undefined for anything else. */
export function readAggregated(body: unknown): DiscoveredResources | undefined {
  if (fieldOf(body, 'kind') !== 'APIGroupDiscoveryList' || !Array.isArray(fieldOf(body, 'items'))) return undefined;
  const staleGroups: string[] = [];
  const resources = listOf(fieldOf(body, 'items')).flatMap((item) => {
    const group = textOf(fieldOf(fieldOf(item, 'metadata'), 'name'));
    return listOf(fieldOf(item, 'versions')).flatMap((version) => {
      if (fieldOf(version, 'freshness') === 'Stale') staleGroups.push(group);
      return listOf(fieldOf(version, 'resources')).map((one): KnownResource => ({
        group,
        resource: textOf(fieldOf(one, 'resource')),
        kind: textOf(fieldOf(fieldOf(one, 'responseKind'), 'kind')),
        singular: textOf(fieldOf(one, 'singularResource')).toLowerCase(),
        shortNames: textsOf(fieldOf(one, 'shortNames')),
        namespaced: fieldOf(one, 'scope') !== 'Cluster',
        verbs: textsOf(fieldOf(one, 'verbs')),
        subresources: new Map(
          listOf(fieldOf(one, 'subresources')).map((sub) => [
            textOf(fieldOf(sub, 'subresource')),
            textsOf(fieldOf(sub, 'verbs')),
          ]),
        ),
      }));
    });
  });
  return { resources, staleGroups };
}

/** Reads the resources of one group and version (APIResourceList). Returns undefined for anything else. */
export function readResourceList(body: unknown, group: string): KnownResource[] | undefined {
  if (fieldOf(body, 'kind') !== 'APIResourceList' || !Array.isArray(fieldOf(body, 'resources'))) return undefined;
  const all = listOf(fieldOf(body, 'resources')).map((one) => ({ one, name: textOf(fieldOf(one, 'name')) }));
  return all
    .filter(({ name }) => !name.includes('/'))
    .map(({ one, name: resource }) => ({
      group,
      resource,
      kind: textOf(fieldOf(one, 'kind')),
      singular: textOf(fieldOf(one, 'singularName')).toLowerCase(),
      shortNames: textsOf(fieldOf(one, 'shortNames')),
      namespaced: fieldOf(one, 'namespaced') !== false,
      verbs: textsOf(fieldOf(one, 'verbs')),
      subresources: new Map(
        all
          .filter(({ name }) => name.startsWith(`${resource}/`))
          .map((sub) => [sub.name.slice(resource.length + 1), textsOf(fieldOf(sub.one, 'verbs'))]),
      ),
    }));
}

/** Joins what several versions of a group say about one resource: it has the verbs and subresources of all. */
export function joinVersions(resources: readonly KnownResource[]): KnownResource[] {
  const joined = new Map<string, KnownResource>();
  for (const one of resources) {
    const key = `${one.group}/${one.resource}`;
    const known = joined.get(key);
    const subresources = new Map(known?.subresources);
    for (const [name, verbs] of one.subresources)
      subresources.set(name, [...new Set([...(subresources.get(name) ?? []), ...verbs])]);
    joined.set(key, {
      ...one,
      shortNames: [...new Set([...(known?.shortNames ?? []), ...one.shortNames])],
      verbs: [...new Set([...(known?.verbs ?? []), ...one.verbs])],
      subresources,
    });
  }
  return [...joined.values()];
}
