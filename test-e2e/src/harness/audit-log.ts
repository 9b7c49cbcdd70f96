import { randomUUID } from 'node:crypto';
import type { AuditRecord } from '@sallyport/contracts';
import { consumeKafkaAudit } from '@sallyport/audit-log';
import { createLogger } from '@sallyport/kit';
import { eventually } from './eventually.ts';

/**
 * Fields to match: `auditID`, `stage`, `verb`, ... of the event, `type` of its envelope, `user` for the name of the user.
 * A `stage` without a `type` only matches requests, because the events of a stream have stages too.
 */
export type EventFilter =
  | Partial<{
      type: string;
      stage: string;
      verb: string;
      user: string;
      auditID: string;
      resource: string;
      subresource: string;
      namespace: string;
      name: string;
      code: number;
    }>
  | ((record: AuditRecord) => boolean);

/** The events that a gateway has written to its audit log so far, each once. */
export type AuditLog = {
  all(filter?: EventFilter): AuditRecord[];
  /** Waits until at least `count` events match, and returns all of them. */
  await(filter: EventFilter, count?: number, timeoutMs?: number): Promise<AuditRecord[]>;
  close(): Promise<void>;
};

function matches(filter: EventFilter, record: AuditRecord): boolean {
  if (typeof filter === 'function') return filter(record);
  const { data } = record;
  if (filter.stage !== undefined && filter.type === undefined && record.type !== 'k8s.request') return false;
  const found: Record<string, unknown> = {
    ...data.objectRef,
    type: record.type,
    stage: data.stage,
    verb: data.verb,
    user: data.user.username,
    auditID: data.auditID,
    code: data.responseStatus?.code,
  };
  return Object.entries(filter).every(([key, value]) => found[key] === value);
}

/** Creates a log that `take` fills. */
export function createAuditLog(
  close: () => Promise<void>,
): AuditLog & { take(records: readonly AuditRecord[]): Promise<void> } {
  const seen = new Map<string, AuditRecord>();
  const all = (filter: EventFilter = {}) => [...seen.values()].filter((record) => matches(filter, record));
  return {
    all,
    close,
    take: async (records) => {
      for (const record of records) if (!seen.has(record.id)) seen.set(record.id, record);
    },
    await: (filter, count = 1, timeoutMs = 15_000) =>
      eventually(
        `${count} audit events ${typeof filter === 'function' ? filter.toString() : JSON.stringify(filter)}`,
        () => {
          const found = all(filter);
          return found.length >= count ? found : undefined;
        },
        timeoutMs,
        () => `(${all(filter).length} found)`,
      ),
  };
}

/** Reads a Kafka topic from its beginning. */
export function readKafkaAudit(kafka: { brokers: string[]; topic: string }): AuditLog {
  const consumer = { close: async () => {} };
  const log = createAuditLog(() => consumer.close());
  const running = consumeKafkaAudit({
    kafka,
    groupId: `e2e-${randomUUID()}`,
    logger: createLogger({ service: 'test', level: 'silent' }),
    now: Date.now,
    onRecords: log.take,
    // Tests usually wait for one event at a time.
    minBytes: 1,
  });
  consumer.close = () => running.close();
  return log;
}
