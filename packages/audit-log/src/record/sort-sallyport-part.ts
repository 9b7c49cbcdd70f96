import type { SallyportPart } from '@sallyport/contracts';
import type { SallyportDraft } from './audit-event-draft.ts';

/**
 * Returns the same members in the order of RFC 8785, with room for the place in the chain. The members of the members
 * stay as they are.
 */
export function sortSallyportPart(draft: SallyportDraft): SallyportPart {
  return {
    agent: draft.agent,
    aggregated: draft.aggregated,
    alert: draft.alert,
    application: draft.application,
    approvedFrom: draft.approvedFrom,
    bytesIn: draft.bytesIn,
    bytesOut: draft.bytesOut,
    checkpoint: draft.checkpoint,
    clientAddress: draft.clientAddress,
    cluster: draft.cluster,
    connector: draft.connector,
    copy: draft.copy,
    credentialKind: draft.credentialKind,
    decision: draft.decision,
    detail: draft.detail,
    directory: draft.directory,
    droppedGroups: draft.droppedGroups,
    durationMs: draft.durationMs,
    elevation: draft.elevation,
    elevations: draft.elevations,
    exec: draft.exec,
    explained: draft.explained,
    forwardedFor: draft.forwardedFor,
    gap: draft.gap,
    hash: undefined,
    identity: draft.identity,
    invocation: draft.invocation,
    notification: draft.notification,
    policy: draft.policy,
    policyVerb: draft.policyVerb,
    policyVerbs: draft.policyVerbs,
    portForward: draft.portForward,
    prevHash: undefined,
    producer: '',
    protocol: draft.protocol,
    recording: draft.recording,
    request: draft.request,
    reservation: draft.reservation,
    route: draft.route,
    seq: undefined,
    sessionId: draft.sessionId,
    stream: draft.stream,
    upstreamMs: draft.upstreamMs,
    workload: draft.workload,
  } satisfies Record<keyof SallyportPart, unknown>;
}
