import type { PolicyTools } from '../engine/policy-tools.ts';
import { bitOf } from './fields.ts';

export type KindTools = Pick<PolicyTools, 'builtInKind'>;

/**
 * What the kind of a recorded request tells about it. `missing` has the bits of what cannot be known without asking its
 * cluster.
 */
export type RecordedKind = {
  namespaced: boolean | undefined;
  aggregated: boolean | undefined;
  upsert: boolean | undefined;
  missing: number;
};
/** What of the event it takes. */
export type KindClues = {
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
 * Custom resources are of such groups, of which the gateway asks the cluster who serves them: custom resources are not
 * created by PUT, and what an aggregated API serves may be.
 */
const mayBeCustom = (apiGroup: string) => apiGroup.includes('.') && !/(?:^|\.)k8s\.io$/.test(apiGroup);
/** Subresources of built-in kinds through which the object is created, as the gateway has it. */
const creating: ReadonlyMap<string, readonly string[]> = new Map([
  ['/services/status', ['update', 'patch']],
  ['admissionregistration.k8s.io/validatingadmissionpolicies/status', ['patch']],
]);

/**
 * True, false, or undefined where the event does not tell: whether a patch was an apply patch, which creates what is
 * not there, and who serves a custom kind.
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
  // What tells of the request tells under which verbs it was judged.
  if (hasRequestInfo === true && !asCreate) return false;
  // The gateway asks the cluster only where a policy refuses: under the one in force then, it may not have had to.
  if (kind === undefined && mayBeCustom(apiGroup) && (requestVerb === 'update' || subresource !== '')) return undefined;
  if (asCreate) return true;
  return requestVerb === 'patch' ? undefined : (kind?.createdByPut ?? true);
}

/**
 * Finds it out. Events do not say whether a kind is namespaced, nor who serves it: of kinds that are built in it is
 * known.
 */
export function recordedKind(clues: KindClues, { builtInKind }: KindTools): RecordedKind {
  const kind = builtInKind(clues.apiGroup, clues.apiVersion === '' ? undefined : clues.apiVersion, clues.resource);
  const upsert = readUpsert(clues, kind);
  const unknown = clues.isResourceRequest && kind === undefined;
  // What is in a namespace is of a kind that has them.
  const namespaced = kind?.namespaced ?? (clues.namespace === '' ? undefined : true);
  const missing =
    (unknown && namespaced === undefined ? bitOf('kubernetes.namespaced') : 0) |
    (unknown ? bitOf('kubernetes.aggregated') : 0) |
    (upsert === undefined ? bitOf('kubernetes.upsert') : 0);
  return { namespaced, aggregated: kind === undefined ? undefined : false, upsert, missing };
}
