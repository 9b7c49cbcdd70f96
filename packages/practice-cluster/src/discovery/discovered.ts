import { apiVersionOf, type Kind, type Subresource } from '../kinds/kind.ts';
import { kinds, reviews } from '../kinds/kinds.ts';

const discovered: readonly Kind[] = [...kinds, ...reviews];

/** The named groups, each with its only version. */
export const groups: readonly { group: string; version: string }[] = [
  ...new Map(
    discovered.filter(({ group }) => group !== '').map(({ group, version }) => [group, { group, version }]),
  ).values(),
];

/** Returns the resources of a group and version. */
export function resourcesOf(group: string, version: string): Kind[] {
  return discovered.filter((one) => one.group === group && one.version === version);
}

/** Returns the APIGroup of a named group. */
export function apiGroup({ group, version }: { group: string; version: string }): Record<string, unknown> {
  const one = { groupVersion: apiVersionOf({ group, version }), version };
  return { name: group, versions: [one], preferredVersion: one };
}

/** Returns the APIResourceList of a group and version. */
export function apiResourceList(group: string, version: string): Record<string, unknown> {
  const resources = resourcesOf(group, version).flatMap((one) => [
    {
      name: one.resource,
      singularName: one.singular,
      namespaced: one.namespaced,
      kind: one.kind,
      verbs: one.verbs,
      ...(one.shortNames.length > 0 && { shortNames: one.shortNames }),
      ...(one.categories.length > 0 && { categories: one.categories }),
    },
    ...one.subresources.map((sub) => ({
      name: `${one.resource}/${sub.name}`,
      singularName: '',
      namespaced: one.namespaced,
      kind: sub.kind,
      verbs: sub.verbs,
      ...(sub.group !== undefined && { group: sub.group, version: sub.version }),
    })),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources };
}

/** Returns an APIGroupDiscoveryList: a whole prefix (`/api` or `/apis`) in one response, which kubectl uses since 1.27. */
export function aggregatedDiscovery(prefix: 'api' | 'apis'): Record<string, unknown> {
  const wanted = prefix === 'api' ? [{ group: '', version: 'v1' }] : groups;
  const items = wanted.map(({ group, version }) => ({
    metadata: { ...(group !== '' && { name: group }), creationTimestamp: null },
    versions: [{ version, freshness: 'Current', resources: resourcesOf(group, version).map(aggregatedResource) }],
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function aggregatedResource(one: Kind): Record<string, unknown> {
  const subresource = (sub: Subresource): Record<string, unknown> => ({
    subresource: sub.name,
    responseKind: { group: sub.group ?? one.group, version: sub.version ?? one.version, kind: sub.kind },
    verbs: sub.verbs,
  });
  return {
    resource: one.resource,
    responseKind: { group: one.group, version: one.version, kind: one.kind },
    scope: one.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: one.singular,
    verbs: one.verbs,
    ...(one.shortNames.length > 0 && { shortNames: one.shortNames }),
    ...(one.categories.length > 0 && { categories: one.categories }),
    ...(one.subresources.length > 0 && { subresources: one.subresources.map(subresource) }),
  };
}
