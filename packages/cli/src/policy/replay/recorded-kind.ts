import type { PolicyTools } from '../policy-tools.ts';
import { bitOf } from './fields.ts';

export type KindTools = Pick<PolicyTools, 'builtInKind'>;

/** What the kind of a recorded request tells about it. `missing` has the bits of what cannot be known without asking its cluster. */
export type RecordedKind = { namespaced: boolean | undefined; aggregated: boolean | undefined; upsert: boolean | undefined; missing: number };
/** What of the event it takes. */
export type KindClues = { isResourceRequest: boolean; requestVerb: string; apiGroup: string; apiVersion: string; resource: string; subresource: string; namespace: string };

/** True, false, or undefined for a patch: an event does not tell whether it was an apply patch, which creates what is not there. */
function readUpsert({ isResourceRequest, requestVerb, apiGroup, resource, subresource }: KindClues, kind: ReturnType<KindTools['builtInKind']>): boolean | undefined {
  if (!isResourceRequest || (requestVerb !== 'update' && requestVerb !== 'patch')) return false;
  // As the gateway has it: no subresource of a built-in kind creates its object, but for the status of a Service.
  if (kind !== undefined && subresource !== '' && !(apiGroup === '' && resource === 'services' && subresource === 'status')) return false;
  return requestVerb === 'patch' ? undefined : kind?.createdByPut ?? true;
}

/** Finds it out. Events do not say whether a kind is namespaced, nor who serves it: of kinds that are built in it is known. */
export function recordedKind(clues: KindClues, { builtInKind }: KindTools): RecordedKind {
  const kind = builtInKind(clues.apiGroup, clues.apiVersion === '' ? undefined : clues.apiVersion, clues.resource);
  const upsert = readUpsert(clues, kind);
  const unknown = clues.isResourceRequest && kind === undefined;
  // What is in a namespace is of a kind that has them.
  const namespaced = kind?.namespaced ?? (clues.namespace === '' ? undefined : true);
  const missing = (unknown && namespaced === undefined ? bitOf('kubernetes.namespaced') : 0) | (unknown ? bitOf('kubernetes.aggregated') : 0) | (upsert === undefined ? bitOf('kubernetes.upsert') : 0);
  return { namespaced, aggregated: kind === undefined ? undefined : false, upsert, missing };
}
