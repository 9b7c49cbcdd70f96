import { clustersResponseSchema, type ClustersRequest } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { OwnApiDeps } from './own-api-deps.ts';

/**
 * Returns the clusters where the policy might allow the caller something. A caller does not learn about others, not even
 * that they exist.
 */
export async function ownClusters(
  { authorize, clusters }: Pick<OwnApiDeps, 'authorize' | 'clusters'>,
  credential: { hash: string },
): Promise<ReturnType<OwnApiDeps['clusters']>> {
  const { body } = await authorize.request({
    method: 'POST',
    path: '/v1/clusters',
    body: { credential: { kind: 'token', hash: credential.hash } } satisfies ClustersRequest,
    timeoutMs: 5000,
  });
  const read = clustersResponseSchema.safeParse(body);
  if (!read.success)
    throw new ProblemError('authorize-unavailable', 'The list of clusters could not be read. Try again shortly.', {
      cause: read.error,
    });
  const own = new Set(read.data.clusters);
  return clusters().filter(({ name }) => own.has(name));
}
