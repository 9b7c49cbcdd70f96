import { builtInKind, type Check } from '@sallyport/contracts';
import { mayUpsert, type RequestInfo } from '@sallyport/kubernetes';

/** What a request asks beside its target; of a question there is neither. */
export type AskedBeside = { upgrade?: boolean; contentTypes?: readonly string[] };

/** What authorize is told of a request to a cluster, for a decision or to have one explained. */
export function kubernetesAttributes(info: RequestInfo, { upgrade = false, contentTypes }: AskedBeside = {}): NonNullable<Check['kubernetes']> {
  const kind = info.isResourceRequest ? builtInKind(info.apiGroup, info.apiVersion, info.resource) : undefined;
  return {
    verb: info.verb, requestVerb: info.requestVerb, isResourceRequest: info.isResourceRequest, path: info.path, apiGroup: info.apiGroup, apiVersion: info.apiVersion,
    resource: info.resource, subresource: info.subresource, namespace: info.namespace, name: info.name,
    ...(info.labelSelector === '' ? {} : { labelSelector: info.labelSelector }), ...(info.fieldSelector === '' ? {} : { fieldSelector: info.fieldSelector }),
    ...(info.dryRun ? { dryRun: true } : {}), ...(kind === undefined ? {} : { namespaced: kind.namespaced, aggregated: false }),
    ...(mayUpsert(info, contentTypes) ? { upsert: true } : {}), ...(upgrade ? { upgrade } : {}), ...(info.exec ? { exec: info.exec } : {}),
  };
}
