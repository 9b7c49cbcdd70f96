import type { AuditEvent, AuditEventType, AuditRecord } from '@sallyport/contracts';
import { microTime } from './micro-time.ts';

type FilledIn = 'kind' | 'apiVersion' | 'level' | 'requestReceivedTimestamp' | 'stageTimestamp';

/** An event without the constant fields. The times are optional: they default to the current time. */
export type AuditEventDraft = Omit<AuditEvent, FilledIn> &
  Partial<Pick<AuditEvent, 'requestReceivedTimestamp' | 'stageTimestamp'>>;

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
 * returns milliseconds since the epoch.
 */
export function createAuditRecord(
  parts: AuditRecordParts,
  deps: { now: () => number; randomId: () => string },
): AuditRecord {
  const time = microTime(deps.now());
  const { requestReceivedTimestamp = time, stageTimestamp = time, ...rest } = parts.data;
  return {
    id: deps.randomId(),
    type: parts.type,
    source: parts.source,
    time,
    key: parts.key,
    data: {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      requestReceivedTimestamp,
      stageTimestamp,
      ...rest,
    },
  };
}
