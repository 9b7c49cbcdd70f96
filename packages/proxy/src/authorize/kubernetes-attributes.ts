import { builtInKind, type Check } from '@sallyport/contracts';
import type { RequestInfo } from '@sallyport/kubernetes';

/** Returns what authorize needs to know about a request to a cluster, to decide on it or to explain a decision. */
export function kubernetesAttributes(info: RequestInfo, upgrade = false): NonNullable<Check['kubernetes']> {
  const kind = info.isResourceRequest ? builtInKind(info.apiGroup, info.apiVersion, info.resource) : undefined;
  return {
    verb: info.verb,
    requestVerb: info.requestVerb,
    isResourceRequest: info.isResourceRequest,
    path: info.path,
    apiGroup: info.apiGroup,
    apiVersion: info.apiVersion,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    ...(info.labelSelector === '' ? {} : { labelSelector: info.labelSelector }),
    ...(info.fieldSelector === '' ? {} : { fieldSelector: info.fieldSelector }),
    ...(info.dryRun ? { dryRun: true } : {}),
    ...(kind === undefined ? {} : { namespaced: kind.namespaced, aggregated: false }),
    ...(info.upsert ? { upsert: true } : {}),
    ...(upgrade ? { upgrade } : {}),
    ...(info.exec ? { exec: info.exec } : {}),
  };
}
