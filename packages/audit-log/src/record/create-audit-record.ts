import type { AuditEvent, AuditEventType, AuditRecord } from '@sallyport/contracts';
import type { AuditEventDraft } from './audit-event-draft.ts';
import { sortSallyportPart } from './sort-sallyport-part.ts';

let second = Number.NaN;
let head = '';

/**
 * Formats a time as RFC 3339 with microseconds, like metav1.MicroTime of Kubernetes. `ms` is milliseconds since the
 * epoch and may have a fraction.
 */
export function microTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  // Formatting a Date is slow, and nearly every call is for the same second as the one before.
  if (whole !== second) [second, head] = [whole, new Date(whole * 1000).toISOString().slice(0, -4)];
  return `${head}${String(Math.min(999_999, Math.floor((ms - whole * 1000) * 1000))).padStart(6, '0')}Z`;
}

export type AuditRecordParts = {
  type: AuditEventType;
  /** `ce_source`, for example `sallyport/proxy`. */
  source: string;
  /** Orders events on Kafka: events with the same key stay in order. See `auditKey`. */
  key: string;
  data: AuditEventDraft;
};

/** Returns the key `<cluster>/<session>`. An unknown part is `-`. */
export function auditKey(cluster: string | undefined, session: string | undefined): string {
  return `${cluster ?? '-'}/${session ?? '-'}`;
}

/**
 * Creates an event with its envelope. `randomId` is called once, because the event keeps its id over every retry. `now`
 * returns milliseconds since the epoch. Its members are in the order of RFC 8785, because that makes it cheap to seal.
 */
export function createAuditRecord(
  parts: AuditRecordParts,
  deps: { now: () => number; randomId: () => string },
): AuditRecord {
  const time = microTime(deps.now());
  const { data } = parts;
  return {
    id: deps.randomId(),
    type: parts.type,
    source: parts.source,
    time,
    key: parts.key,
    data: {
      annotations: data.annotations,
      apiVersion: 'audit.k8s.io/v1' as const,
      auditID: data.auditID,
      impersonatedUser: data.impersonatedUser,
      kind: 'Event' as const,
      level: 'Metadata' as const,
      objectRef: data.objectRef,
      requestReceivedTimestamp: data.requestReceivedTimestamp ?? time,
      requestURI: data.requestURI,
      responseStatus: data.responseStatus,
      sallyport: sortSallyportPart(data.sallyport),
      sourceIPs: data.sourceIPs,
      stage: data.stage,
      stageTimestamp: data.stageTimestamp ?? time,
      user: data.user,
      userAgent: data.userAgent,
      verb: data.verb,
    } satisfies Record<keyof AuditEvent, unknown>,
  };
}
