import { builtInKind } from '@sallyport/contracts';
import { bitOf, maskOf } from './fields.ts';

/** The object of a request, as its event records it. */
export type ObjectPart = Record<
  'apiGroup' | 'apiVersion' | 'resource' | 'subresource' | 'namespace' | 'name',
  string
> & { isResourceRequest: boolean };
/** The parts of the event from which facts about the kind follow. */
type KindClues = Omit<ObjectPart, 'name'> & { requestVerb: string; policyVerbs: unknown; hasRequestInfo: boolean };

/**
 * Custom resources have such groups. The gateway asks the cluster whether an aggregated API serves the group, because a
 * PUT to an aggregated API may create an object, and a PUT to a custom resource does not.
 */
const mayBeCustom = (apiGroup: string) => apiGroup.includes('.') && !/(?:^|\.)k8s\.io$/.test(apiGroup);
/** Subresources of built-in kinds that can create the object. The gateway has the same list. */
const creating: ReadonlyMap<string, readonly string[]> = new Map([
  ['/services/status', ['update', 'patch']],
  ['admissionregistration.k8s.io/validatingadmissionpolicies/status', ['patch']],
]);

/**
 * Returns undefined if the event does not record it: whether a patch was an apply patch, which can create an object, or
 * what serves a custom kind.
 */
function readUpsert(
  { isResourceRequest, requestVerb, apiGroup, resource, subresource, policyVerbs, hasRequestInfo }: KindClues,
  kind: ReturnType<typeof builtInKind>,
): boolean | undefined {
  if (!isResourceRequest || (requestVerb !== 'update' && requestVerb !== 'patch')) return false;
  if (
    kind !== undefined &&
    subresource !== '' &&
    creating.get(`${apiGroup}/${resource}/${subresource}`)?.includes(requestVerb) !== true
  )
    return false;
  const asCreate = Array.isArray(policyVerbs) && policyVerbs.includes('create');
  // An event with `request` also records all verbs for which the request was evaluated.
  if (hasRequestInfo && !asCreate) return false;
  // The gateway asks the cluster only if a policy refuses. With the policy at that time, it may not have asked.
  if (kind === undefined && mayBeCustom(apiGroup) && (requestVerb === 'update' || subresource !== '')) return undefined;
  if (asCreate) return true;
  return requestVerb === 'patch' ? undefined : (kind?.createdByPut ?? true);
}

/**
 * Returns the facts about a kind. Events do not record them, but for built-in kinds they are known. `missing` has the
 * bits of facts that only the cluster knows.
 */
export function recordedKind(clues: KindClues) {
  const kind = builtInKind(clues.apiGroup, clues.apiVersion === '' ? undefined : clues.apiVersion, clues.resource);
  const upsert = readUpsert(clues, kind);
  const unknown = clues.isResourceRequest && kind === undefined;
  // An object in a namespace has a namespaced kind.
  const namespaced = kind?.namespaced ?? (clues.namespace === '' ? undefined : true);
  const missing =
    (unknown && namespaced === undefined ? bitOf('kubernetes.namespaced') : 0) |
    (unknown ? bitOf('kubernetes.aggregated') : 0) |
    (upsert === undefined ? bitOf('kubernetes.upsert') : 0);
  return { namespaced, aggregated: kind === undefined ? undefined : false, upsert, missing };
}

/** The parts of the event that are needed to read the URI. */
type UriClues = Omit<ObjectPart, 'apiVersion' | 'namespace' | 'name'> & { requestVerb: string; bytesIn: unknown };

const maxLength = 1024;
const everything = maskOf('path', 'kubernetes.labelSelector', 'kubernetes.fieldSelector', 'kubernetes.dryRun');
const withSelectors = new Set(['list', 'watch', 'deletecollection']);
const changing = new Set(['create', 'update', 'patch']);
/** If the path names the verb, the gateway ignores selectors. */
const specialPath = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\/(?:watch|proxy)\//;
const ofPods = new Set(['exec', 'attach', 'portforward']);

/** Returns undefined if it depends on what the event does not record, such as whether a refused request had a body. */
function readDryRun(
  query: URLSearchParams,
  { apiGroup, resource, subresource, requestVerb, isResourceRequest, bytesIn }: UriClues,
): boolean | undefined {
  const values = query.getAll('dryRun');
  if (!isResourceRequest || values.length !== 1 || values[0] !== 'All') return false;
  if (apiGroup === '' && resource === 'secrets') return false;
  if (
    subresource === 'proxy' ||
    (apiGroup === '' && resource === 'pods' && ofPods.has(subresource)) ||
    (resource === 'serviceaccounts' && subresource === 'token')
  )
    return false;
  if (subresource === 'log' && query.has('follow')) return undefined;
  if (changing.has(requestVerb)) return true;
  if (requestVerb !== 'delete' && requestVerb !== 'deletecollection') return false;
  return typeof bytesIn === 'number' && bytesIn > 0 ? false : undefined;
}

/**
 * Reads the parts of a `requestURI` that its event does not record separately. `missing` has the bits of those that it
 * does not show. If it was truncated or sanitized when it was recorded, it cannot be read.
 */
export function readUri(uri: string, clues: UriClues) {
  const unset = { labelSelector: undefined, fieldSelector: undefined };
  const none = { path: '', ...unset, dryRun: undefined, missing: everything };
  if (uri.length > maxLength || /[^\x21-\x7e]|\\u00[0-9a-f]{2}|\[redacted[:\]]/.test(uri)) return none;
  const mark = uri.indexOf('?');
  let path: string;
  try {
    const raw = mark === -1 ? uri : uri.slice(0, mark);
    path = raw.includes('%') ? decodeURIComponent(raw) : raw;
  } catch {
    return none;
  }
  if (mark === -1) return { path, ...unset, dryRun: false, missing: 0 };
  const query = new URLSearchParams(uri.slice(mark + 1));
  const selects = clues.isResourceRequest && withSelectors.has(clues.requestVerb) && !specialPath.test(path);
  const dryRun = readDryRun(query, clues);
  return {
    path,
    labelSelector: selects ? query.get('labelSelector') || undefined : undefined,
    fieldSelector: selects ? query.get('fieldSelector') || undefined : undefined,
    dryRun,
    missing: dryRun === undefined ? bitOf('kubernetes.dryRun') : 0,
  };
}
