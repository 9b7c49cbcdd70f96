import { fieldsOf, onceForEach, parseJson, type Fields } from '@sallyport/kit';
import { createClusterFacts, type ClusterFactsDeps } from './cluster-facts.ts';
import type { AskRecorded } from './ask-cluster.ts';
import type { Upstream } from './upstream.ts';

/** Whether each kind is namespaced, by `group/version/resource`. */
type DiscoveredScopes = ReadonlyMap<string, boolean>;

/** Returns the key of a kind. */
function kindKey(apiGroup: string, apiVersion: string, resource: string): string {
  return `${apiGroup}/${apiVersion}/${resource}`;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);

/**
 * Reads aggregated discovery (APIGroupDiscoveryList, KEP-3352) of `/apis`. Returns undefined for anything else. Leaves
 * out versions that the cluster marks as stale, and kinds without a known scope.
 */
function readDiscovery(text: string): DiscoveredScopes | undefined {
  const document = fieldsOf(parseJson(text));
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

/** Returns the key of a version of a group. */
function servedKey(apiGroup: string, apiVersion: string): string {
  return `${apiVersion}.${apiGroup}`;
}

/**
 * Reads from an APIServiceList whether an aggregated API serves each version of a group. Returns undefined for anything
 * else. An APIService counts as aggregated if it has a `service`, readable or not.
 */
function readApiServices(text: string): ReadonlyMap<string, boolean> | undefined {
  const { kind, items } = fieldsOf(parseJson(text));
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

type Answer = boolean | undefined | Promise<boolean | undefined>;

/** What a cluster reports about kinds that are not built in. Undefined if it does not tell, or not in time. */
export type ClusterKinds = {
  /** Whether a kind is namespaced. */
  namespaced(apiGroup: string, apiVersion: string, resource: string): Answer;
  /** Whether an aggregated API serves a version of a group, instead of the API server itself. */
  aggregated(apiGroup: string, apiVersion: string): Answer;
};

const discovery = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',');

/**
 * Creates the part that asks a cluster about its kinds. Discovery tells which are namespaced, and any authenticated
 * client may read it. Clusters before 1.26 have no aggregated discovery, so that their custom kinds stay unknown.
 * APIServices tell which APIs are aggregated. The gateway's account may read these only if the operator allows it.
 */
export function createClusterKinds(deps: Pick<ClusterFactsDeps, 'ask' | 'clock'>): ClusterKinds {
  const scopes = createClusterFacts({ ...deps, path: '/apis', accept: discovery, read: readDiscovery });
  const services = createClusterFacts({
    ...deps,
    path: '/apis/apiregistration.k8s.io/v1/apiservices',
    accept: 'application/json',
    read: readApiServices,
  });
  return {
    namespaced: (apiGroup, apiVersion, resource) => scopes.of(kindKey(apiGroup, apiVersion, resource)),
    aggregated: (apiGroup, apiVersion) => services.of(servedKey(apiGroup, apiVersion)),
  };
}

const about = {
  verb: 'get',
  user: { username: 'gateway:discovery' },
  detail: 'The gateway asked what the cluster serves.',
};

/**
 * Creates the function that returns the kinds of a cluster, which is asked for them. The answers are forgotten when its
 * upstream is replaced.
 */
export function createAuditedClusterKinds({ ask }: { ask: AskRecorded }): (upstream: Upstream) => ClusterKinds {
  return onceForEach((upstream: Upstream) =>
    createClusterKinds({ ask: (request) => ask(upstream, request, about), clock: () => performance.now() }),
  );
}
