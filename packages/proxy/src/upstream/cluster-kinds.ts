import { kindKey, readDiscovery, type DiscoveredScopes } from './read-discovery.ts';
import type { Ask, ClusterAnswer } from './ask-cluster.ts';

/** What a cluster says of the kinds that are not built in. */
export type ClusterKinds = {
  /** Whether a kind is namespaced; undefined where the cluster does not say so in time. */
  namespaced(apiGroup: string, apiVersion: string, resource: string): boolean | undefined | Promise<boolean | undefined>;
};

export type ClusterKindsDeps = {
  ask(request: Ask): Promise<ClusterAnswer>;
  /** Milliseconds of the monotonic clock. */
  clock(): number;
};

/** For how long, from when it was asked for, an answer is believed, in milliseconds. */
const believed = {
  /** That a kind is namespaced makes a request count as spanning, as not knowing would: nothing is lost if that is old. */
  namespaced: 60_000,
  /** A kind may be made anew under its name with another scope, and an old "no" would then let a deny by namespace be passed. */
  clusterScoped: 2000,
  /** That a kind is not there, or that the cluster could not be asked. */
  nothing: 5000,
} as const;
const waitMs = 1000;
const maxBytes = 16 * 1024 * 1024;
const accept = ['v2', 'v2beta1'].map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`).join(',');

type Known = { scopes: DiscoveredScopes; etag: string | undefined; askedAt: number };

/**
 * Asks a cluster's discovery which kinds are namespaced, when the first kind comes that is not built in. One document tells of all kinds, so that made-up names cost
 * no requests; one request is under way at a time, and nobody waits longer than a second. Clusters before 1.26 do not have this form: their custom kinds stay unknown.
 */
export function createClusterKinds({ ask, clock }: ClusterKindsDeps): ClusterKinds {
  let known: Known | undefined;
  let failedAt: number | undefined;
  let asking: Promise<void> | undefined;

  const refresh = async () => {
    const askedAt = clock();
    try {
      const answer = await ask({ path: '/apis', headers: ['Accept', accept, ...(known?.etag === undefined ? [] : ['If-None-Match', known.etag])], timeoutMs: waitMs, maxBytes });
      const scopes = answer.status === 304 ? known?.scopes : answer.status === 200 ? readDiscovery(answer.body) : undefined;
      known = scopes && { scopes, etag: answer.header('etag') ?? (answer.status === 304 ? known?.etag : undefined), askedAt };
      failedAt = scopes ? undefined : askedAt;
    } catch {
      failedAt = askedAt;
    }
  };
  /** What is known now: `asks` if that is not to be believed any more. */
  const look = (key: string): boolean | undefined | 'asks' => {
    const age = known === undefined ? Infinity : clock() - known.askedAt;
    const scope = known?.scopes.get(key);
    if (age < (scope === undefined ? believed.nothing : scope ? believed.namespaced : believed.clusterScoped)) return scope;
    return failedAt !== undefined && clock() - failedAt < believed.nothing ? undefined : 'asks';
  };
  return {
    namespaced(apiGroup, apiVersion, resource) {
      const key = kindKey(apiGroup, apiVersion, resource);
      const found = look(key);
      if (found !== 'asks') return found;
      asking ??= refresh().finally(() => { asking = undefined; });
      return asking.then(() => {
        const now = look(key);
        return now === 'asks' ? undefined : now;
      });
    },
  };
}
