import type { ClusterEvent } from '../read/read-cluster-event.ts';
import type { Difference, Finding, FindingKind } from './finding.ts';
import { resourceOf } from './request-kind.ts';

/** Describes a finding by the cluster's event. */
export function describeFinding(kind: FindingKind, event: ClusterEvent, differs?: Difference[]): Finding {
  const { user, impersonatedUser, responseStatus, annotations } = event;
  const reason = annotations?.['authorization.k8s.io/reason'] || responseStatus?.message;
  return {
    kind,
    auditID: event.auditID,
    time: event.requestReceivedTimestamp,
    user: (impersonatedUser ?? user).username,
    account: user.username,
    verb: event.verb,
    requestURI: event.requestURI,
    resource: resourceOf(event.objectRef, event.requestURI),
    ...(event.objectRef?.name === undefined ? {} : { name: event.objectRef.name }),
    ...(responseStatus?.code === undefined ? {} : { code: responseStatus.code }),
    ...(kind === 'denied-by-cluster' && reason !== undefined ? { reason } : {}),
    ...(differs ? { differs } : {}),
    ...(event.sourceIPs ? { sourceIPs: event.sourceIPs } : {}),
  };
}
