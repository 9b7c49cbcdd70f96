import { createClusterFacts, type ClusterFactsDeps } from './cluster-facts.ts';
import { readApiServices, servedKey } from './read-api-services.ts';
import { kindKey, readDiscovery } from './read-discovery.ts';

type Answer = boolean | undefined | Promise<boolean | undefined>;

/** What a cluster says of the kinds that are not built in; undefined where it does not say so in time. */
export type ClusterKinds = {
  /** Whether a kind is namespaced. */
  namespaced(apiGroup: string, apiVersion: string, resource: string): Answer;
  /** Whether an aggregated API serves a version of a group, and not the API server itself. */
  aggregated(apiGroup: string, apiVersion: string): Answer;
};

const discovery = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',');

/**
 * Asks a cluster which of its kinds are namespaced (its discovery, which whoever is authenticated may read; a cluster
 * before 1.26 does not have this form, so that its custom kinds stay unknown), and which APIs are aggregated (its
 * APIServices, which the gateway's account may read only where the operator lets it).
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
