import { createClusterFacts, type ClusterFactsDeps } from './cluster-facts.ts';
import { readApiServices, servedKey } from './read-api-services.ts';
import { kindKey, readDiscovery } from './read-discovery.ts';

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
 * Creates what asks a cluster about its kinds. Discovery tells which are namespaced, and any authenticated client may
 * read it. Clusters before 1.26 have no aggregated discovery, so that their custom kinds stay unknown. APIServices tell
 * which APIs are aggregated. The gateway's account may read these only if the operator allows it.
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
