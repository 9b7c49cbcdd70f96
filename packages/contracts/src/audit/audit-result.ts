import { problemTable } from '../problem/problem.ts';
import type { AuditRecord } from './audit-event.ts';

/**
 * How a request ended. `ok`: with a status below 400. `refused`: by the gateway. `denied-by-cluster`: the gateway allowed
 * it, and the cluster's authentication, authorization or admission did not. `failed`: in any other way, in the cluster, in
 * an application or on the way.
 */
export const auditResults = ['ok', 'refused', 'denied-by-cluster', 'failed'] as const;
export type AuditResult = (typeof auditResults)[number];

/** The types of events that are about a request. */
export const requestEventTypes: readonly string[] = ['k8s.request', 'http.request', 'request.unparsable'];

/** The statuses with which an API server refuses a request, and with which the gateway's own API does. */
const refusals: { cluster: readonly number[]; ownApi: readonly number[] } = {
  cluster: [401, 403],
  ownApi: [401, 403, 429],
};

/** The reasons that the gateway gives for its refusals. An event of what a cluster answered has none. */
export const refusalReasons: readonly string[] = [
  ...new Set(
    Object.values(problemTable)
      .filter(({ status }) => status < 500)
      .map(({ reason }) => reason),
  ),
];

/** Reports whether a status is that of a request that succeeded. */
const isOk = (code: number): boolean => code >= 100 && code < 400;

/** Returns how a request ended; undefined for an event that is not the end of a request. */
export function resultOf({ type, data }: Pick<AuditRecord, 'type' | 'data'>): AuditResult | undefined {
  const { stage, responseStatus, objectRef, sallyport } = data;
  if (!requestEventTypes.includes(type) || (stage !== 'ResponseComplete' && stage !== 'Panic')) return undefined;
  const { code = 0, reason = '' } = responseStatus ?? {};
  if ((sallyport.decision?.effect ?? 'allow') !== 'allow') return 'refused';
  if (isOk(code)) return 'ok';
  if (refusalReasons.includes(reason)) return 'refused';
  const isOwnApi = type === 'http.request' && sallyport.route === undefined;
  if (isOwnApi && refusals.ownApi.includes(code)) return 'refused';
  // Behind a `proxy` subresource, an application may have answered.
  const isCluster = type === 'k8s.request' && objectRef?.subresource !== 'proxy';
  return isCluster && refusals.cluster.includes(code) ? 'denied-by-cluster' : 'failed';
}
