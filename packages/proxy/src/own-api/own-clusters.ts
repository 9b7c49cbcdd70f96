import { askReach } from './ask-reach.ts';
import type { OwnApiDeps } from './own-api-deps.ts';

/**
 * Returns the clusters where the policy might allow the caller something. A caller does not learn about others, not even
 * that they exist.
 */
export async function ownClusters(
  deps: Pick<OwnApiDeps, 'authorize' | 'clusters'>,
  credential: { hash: string },
): Promise<ReturnType<OwnApiDeps['clusters']>> {
  const { clusters } = await askReach(deps, credential, { routes: false });
  return deps.clusters().filter(({ name }) => clusters.has(name));
}
