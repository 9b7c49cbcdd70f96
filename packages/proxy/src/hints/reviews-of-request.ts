import type { RequestInfo } from '@sallyport/kubernetes';
import type { ReviewAttributes } from '../access-review/review-attributes.ts';

/**
 * Returns everything that a cluster's authorization must allow for a request; nothing if the gateway cannot tell. What is
 * behind a proxied path may refuse for reasons of its own.
 */
export function reviewsOfRequest(kube: RequestInfo): ReviewAttributes[] {
  const { requestVerb, subresource, namespace, name } = kube;
  if (requestVerb === '' || kube.proxyPath !== undefined) return [];
  if (!kube.isResourceRequest) return [{ nonResourceAttributes: { path: kube.path, verb: requestVerb } }];
  const about = {
    group: kube.apiGroup,
    version: kube.apiVersion,
    resource: kube.resource,
    ...(subresource === '' ? {} : { subresource }),
    ...(namespace === '' ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
  };
  return [requestVerb, ...(kube.upsert ? ['create'] : [])].map((verb) => ({ resourceAttributes: { verb, ...about } }));
}
