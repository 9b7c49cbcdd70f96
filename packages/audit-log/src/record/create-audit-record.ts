import type { AuditEvent, AuditEventType, AuditRecord } from '@sallyport/contracts';
import { microTime } from './micro-time.ts';

type FilledIn = 'kind' | 'apiVersion' | 'level' | 'requestReceivedTimestamp' | 'stageTimestamp';

/** An event as its maker knows it; what is the same for every event, and the times if they are now, are filled in. */
export type AuditEventDraft = Omit<AuditEvent, FilledIn> &
  Partial<Pick<AuditEvent, 'requestReceivedTimestamp' | 'stageTimestamp'>>;

export type AuditRecordParts = {
  type: AuditEventType;
  /** `ce_source`, for example `sallyport/proxy`. */
  source: string;
  /** Orders events on Kafka: all of one key stay in order. See `auditKey`. */
  key: string;
  data: AuditEventDraft;
};

/** The key `<cluster>/<session>`; a part that is not known is `-`. */
export function auditKey(cluster: string | undefined, session: string | undefined): string {
  return `${cluster ?? '-'}/${session ?? '-'}`;
}

/**
 * Makes one event with its envelope. `randomId` is called once: the id stays with the event over every retry. `now` is
 * milliseconds since the epoch.
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
