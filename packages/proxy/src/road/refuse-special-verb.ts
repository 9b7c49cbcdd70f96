import { ProblemError } from '@sallyport/kit';
import type { RequestInfo } from '@sallyport/kubernetes';

/**
 * Refuses (405) to write where the path names the verb (`/api/v1/watch/…` and the old `/api/v1/proxy/…`): the API
 * server serves these to no writing method, and judges them as what the path says; an aggregated API that goes by the
 * method would write.
 */
export function refuseSpecialVerb({ requestVerb, isResourceRequest, method }: RequestInfo): void {
  if (
    !isResourceRequest ||
    (requestVerb !== 'watch' && requestVerb !== 'proxy') ||
    method === 'GET' ||
    method === 'HEAD'
  )
    return;
  throw new ProblemError(
    'method-not-allowed',
    `Where the path begins with ${requestVerb}, only GET and HEAD are allowed.`,
  );
}
