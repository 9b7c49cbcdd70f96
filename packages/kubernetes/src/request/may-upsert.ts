import { builtInKind } from '@sallyport/contracts';
import type { RequestInfo } from './read-request-info.ts';

type Asked = Pick<
  RequestInfo,
  'isResourceRequest' | 'apiGroup' | 'apiVersion' | 'resource' | 'subresource' | 'requestVerb'
>;

/**
 * The patches that change what is there and never create; every other content type may be an apply patch to what reads
 * it.
 */
const patchesOnly: ReadonlySet<string> = new Set([
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]);

/**
 * Subresources of built-in kinds through which the object itself is created: the storage of Kubernetes 1.36 means to
 * allow that for none, but the strategy for the status of a Service is that of the Service, and the status of a
 * ValidatingAdmissionPolicy passes on what the patch asks for.
 */
const creatingSubresources: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['/services/status', new Set(['update', 'patch'])],
  ['admissionregistration.k8s.io/validatingadmissionpolicies/status', new Set(['patch'])],
]);

/** Without its parameters, which the API server ignores. */
function mediaType(contentType: string): string {
  const mark = contentType.indexOf(';');
  return (mark === -1 ? contentType : contentType.slice(0, mark)).trim().toLowerCase();
}

/**
 * True if the request may create the object that it names when there is none: an apply patch, or a PUT on a kind that
 * is created by PUT. Kinds that are not built in count as such, because an aggregated API does what it likes.
 * `contentTypes` are the values of all Content-Type lines; undefined where they are not known.
 */
export function mayUpsert(info: Asked, contentTypes: readonly string[] | undefined): boolean {
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
