import { builtInKind } from '@sallyport/contracts';
import type { RequestInfo } from './request-info.ts';

type Request = Pick<
  RequestInfo,
  'isResourceRequest' | 'apiGroup' | 'apiVersion' | 'resource' | 'subresource' | 'requestVerb'
>;

/** The patches that never create an object. Any other content type may be read as an apply patch. */
const patchesOnly: ReadonlySet<string> = new Set([
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]);

/**
 * Subresources of built-in kinds that can create the object itself. Kubernetes 1.36 intends to allow that for none, but
 * the status of a Service has the strategy of the Service, and the status of a ValidatingAdmissionPolicy passes on what
 * the patch asks for.
 */
const creatingSubresources: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['/services/status', new Set(['update', 'patch'])],
  ['admissionregistration.k8s.io/validatingadmissionpolicies/status', new Set(['patch'])],
]);

/** Returns a content type without its parameters, which the API server ignores. */
function mediaType(contentType: string): string {
  const mark = contentType.indexOf(';');
  return (mark === -1 ? contentType : contentType.slice(0, mark)).trim().toLowerCase();
}

/**
 * Reports whether a request may create the object that it names: an apply patch, or a PUT on a kind that can be created by
 * PUT. Kinds that are not built in count as such, because an aggregated API may do anything. `contentTypes` are the values
 * of all Content-Type lines; undefined if unknown.
 */
export function mayUpsert(info: Request, contentTypes: readonly string[] | undefined): boolean {
  const { requestVerb, subresource } = info;
  if (!info.isResourceRequest || (requestVerb !== 'update' && requestVerb !== 'patch')) return false;
  const kind = builtInKind(info.apiGroup, info.apiVersion, info.resource);
  if (
    kind !== undefined &&
    subresource !== '' &&
    creatingSubresources.get(`${info.apiGroup}/${info.resource}/${subresource}`)?.has(requestVerb) !== true
  )
    return false;
  if (requestVerb === 'update') return kind === undefined || kind.createdByPut;
  return contentTypes !== undefined && !(contentTypes.length === 1 && patchesOnly.has(mediaType(contentTypes[0]!)));
}
