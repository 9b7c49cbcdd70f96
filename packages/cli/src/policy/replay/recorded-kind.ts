import type { PolicyTools } from '../../config/load-gateway-config.ts';
import { bitOf } from './fields.ts';

export type KindTools = Pick<PolicyTools, 'builtInKind'>;

/** Facts about the kind of a recorded request. `missing` has the bits of facts that only the cluster knows. */
type RecordedKind = {
  namespaced: boolean | undefined;
  aggregated: boolean | undefined;
  upsert: boolean | undefined;
  missing: number;
};
/** The parts of the event that are needed to find them. */
type KindClues = {
  isResourceRequest: boolean;
  requestVerb: string;
  apiGroup: string;
  apiVersion: string;
  resource: string;
  subresource: string;
  namespace: string;
  policyVerbs?: readonly unknown[];
  hasRequestInfo?: boolean;
};

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
  kind: ReturnType<KindTools['builtInKind']>,
): boolean | undefined {
  if (!isResourceRequest || (requestVerb !== 'update' && requestVerb !== 'patch')) return false;
  if (
    kind !== undefined &&
    subresource !== '' &&
    creating.get(`${apiGroup}/${resource}/${subresource}`)?.includes(requestVerb) !== true
  )
    return false;
  const asCreate = policyVerbs?.includes('create') === true;
  // An event with `request` also records all verbs for which the request was evaluated.
  if (hasRequestInfo === true && !asCreate) return false;
  // The gateway asks the cluster only if a policy refuses. With the policy at that time, it may not have asked.
  if (kind === undefined && mayBeCustom(apiGroup) && (requestVerb === 'update' || subresource !== '')) return undefined;
  if (asCreate) return true;
  return requestVerb === 'patch' ? undefined : (kind?.createdByPut ?? true);
}

/** Returns the facts about a kind. Events do not record them, but for built-in kinds they are known. */
export function recordedKind(clues: KindClues, { builtInKind }: KindTools): RecordedKind {
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
