import { ProblemError } from '@sallyport/kit';
import type { RequestInfo } from '@sallyport/kubernetes';

/**
 * Refuses (405) writing methods where the path names the verb (`/api/v1/watch/…` and the old `/api/v1/proxy/…`). The API
 * server serves no writing method there, and authorizes by the verb in the path. An aggregated API that goes by the
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
