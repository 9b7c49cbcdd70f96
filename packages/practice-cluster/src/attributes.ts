import type { RequestInfo } from '@sallyport/kubernetes';
import type { Attributes } from './access/rbac.ts';

/**
 * What must be allowed for a request; more than one thing for a stream into a pod, where a get alone is not enough
 * since Kubernetes 1.35.
 */
export function attributesOf(info: RequestInfo): Attributes[] {
  const { requestVerb: verb, apiGroup, resource, subresource, namespace, name } = info;
  if (!info.isResourceRequest)
    return [{ verb, path: info.path, apiGroup: '', resource: '', subresource: '', namespace: '', name: '' }];
  const asked = { verb, apiGroup, resource, subresource, namespace, name };
  return info.verb === verb ? [asked] : [asked, { ...asked, verb: info.verb }];
}
