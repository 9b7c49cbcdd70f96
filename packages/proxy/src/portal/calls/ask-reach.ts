import { clustersResponseSchema, type ClustersRequest } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { PortalDeps } from './portal-deps.ts';

/** The names of clusters and the hosts of web applications that might allow a caller something. */
export type Reach = { clusters: ReadonlySet<string>; routes: ReadonlySet<string> };

/** Asks authorize what the caller can reach at all. Web applications are listed only if `routes` is true. */
export async function askReach(
  { authorize }: Pick<PortalDeps, 'authorize'>,
  { hash }: { hash: string },
  { routes }: { routes: boolean },
): Promise<Reach> {
  const { body } = await authorize.request({
    method: 'POST',
    path: '/v1/clusters',
    body: { credential: { kind: 'token', hash }, ...(routes ? { routes } : {}) } satisfies ClustersRequest,
    timeoutMs: 5000,
  });
  const read = clustersResponseSchema.safeParse(body);
  if (!read.success)
    throw new ProblemError('authorize-unavailable', 'The list of clusters could not be read. Try again shortly.', {
      cause: read.error,
    });
  return { clusters: new Set(read.data.clusters), routes: new Set(read.data.routes) };
}
