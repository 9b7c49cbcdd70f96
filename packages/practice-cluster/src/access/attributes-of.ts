import type { RequestInfo } from '@sallyport/kubernetes';
import type { Attributes } from './rbac.ts';

/** Returns what a request must be allowed to do. A stream into a pod needs more than `get` since Kubernetes 1.35. */
export function attributesOf(info: RequestInfo): Attributes[] {
  const { requestVerb: verb, apiGroup, resource, subresource, namespace, name } = info;
  if (!info.isResourceRequest)
    return [{ verb, path: info.path, apiGroup: '', resource: '', subresource: '', namespace: '', name: '' }];
  const asked = { verb, apiGroup, resource, subresource, namespace, name };
  return info.verb === verb ? [asked] : [asked, { ...asked, verb: info.verb }];
}
