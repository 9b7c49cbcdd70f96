import type { ClusterKeys } from '@sallyport/contracts';
import { createRefreshed, fieldsOf, onceForEach, parseJson, ProblemError } from '@sallyport/kit';
import type { AskRecorded } from '../upstream/ask-cluster.ts';
import type { Upstream } from '../upstream/upstream.ts';

const timeoutMs = 3000;
const maxBytes = 256 * 1024;
const maxKeys = 100;
const about = {
  verb: 'get',
  user: { username: 'gateway:workloads' },
  detail: 'The gateway asked for the keys of ServiceAccount tokens.',
};

/** The issuers and keys of clusters whose ServiceAccounts are workloads. */
export type ClusterIssuers = {
  /**
   * Returns the issuers that a token with this `iss` can come from, with their keys. Rejects with `upstream-unreachable`
   * if there is none, and a cluster that could have it cannot be asked.
   */
  of(issuer: unknown, keyId: unknown): Promise<ClusterKeys[]>;
};

const refused = (cluster: string, status: number) =>
  new Error(
    `cluster ${cluster} answered with status ${status}; bind the gateway's account to the ClusterRole system:service-account-issuer-discovery`,
  );

/**
 * Creates the part that asks clusters for the issuer and the keys of their ServiceAccount tokens, with the gateway's
 * own access: the issuer of a cluster often cannot be reached from elsewhere. Unknown keys cause at most one request
 * per pause.
 */
export function createClusterIssuers(deps: {
  clusters: readonly string[];
  upstreamOf(cluster: string): Upstream | undefined;
  ask: AskRecorded;
  now: () => number;
}): ClusterIssuers {
  const read = async (upstream: Upstream, path: string) => {
    const headers = ['Accept', 'application/json, application/jwk-set+json'];
    const answer = await deps.ask(upstream, { path, headers, timeoutMs, maxBytes }, about);
    if (answer.status !== 200) throw refused(upstream.name, answer.status);
    return fieldsOf(parseJson(answer.body));
  };
  const fetch = async (upstream: Upstream): Promise<ClusterKeys> => {
    const [{ issuer }, { keys }] = await Promise.all([
      read(upstream, '/.well-known/openid-configuration'),
      read(upstream, '/openid/v1/jwks'),
    ]);
    if (typeof issuer !== 'string' || issuer === '' || !Array.isArray(keys) || keys.length > maxKeys)
      throw new Error(`cluster ${upstream.name} does not publish the issuer of its tokens`);
    return { cluster: upstream.name, issuer, keys: keys.map(fieldsOf) };
  };
  const issuerOf = onceForEach((upstream: Upstream) =>
    createRefreshed({ fetch: () => fetch(upstream), now: deps.now }),
  );
  return {
    async of(issuer, keyId) {
      const upstreams = deps.clusters.map(deps.upstreamOf).filter((one) => one !== undefined);
      const asked = await Promise.allSettled(
        upstreams.map((upstream) =>
          issuerOf(upstream).get((held) => held.issuer !== issuer || held.keys.some(({ kid }) => kid === keyId)),
        ),
      );
      const found = asked
        .flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
        .filter((one) => one.issuer === issuer);
      const failed = asked.find((one) => one.status === 'rejected');
      if (found.length === 0 && failed)
        throw new ProblemError(
          'upstream-unreachable',
          'A cluster whose ServiceAccounts may log in cannot be asked for its keys at the moment. Try again shortly.',
          { cause: failed.reason },
        );
      return found;
    },
  };
}
