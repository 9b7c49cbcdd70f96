import type { AuditEvent, AuditEventType, AuditRecord } from '@sallyport/contracts';
import { createAuditCheck, messageOf } from './audit-check.ts';
import { eventually } from './eventually.ts';
import { readTopic, type TopicMessage } from './read-topic.ts';

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

type FilledLog = Omit<AuditLog, 'close'> & { take(record: AuditRecord): boolean };

/** Creates a log that `take` fills. It returns false for an event that the log already has. */
function createAuditLog(): FilledLog {
  const seen = new Map<string, AuditRecord>();
  const all = (filter: EventFilter = {}) => [...seen.values()].filter((record) => matches(filter, record));
  return {
    all,
    take(record) {
      if (seen.has(record.id)) return false;
      seen.set(record.id, record);
      return true;
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

/** Creates a log for events from the in-process bus. Every one is validated against the published schemas. */
export function createBusAuditLog(): AuditLog & { take(records: readonly AuditRecord[]): Promise<void> } {
  const log = createAuditLog();
  const check = createAuditCheck();
  return {
    ...log,
    async take(records) {
      for (const record of records) if (log.take(record)) check.see(messageOf(record), record.id);
    },
    close: async () => check.finish(),
  };
}

function recordOf({ key, headers }: TopicMessage, data: unknown): AuditRecord {
  const { ce_id: id = '', ce_type: type, ce_source: source = '', ce_time: time = '' } = headers;
  return { id, type: type as AuditEventType, source, time, key, data: data as AuditEvent };
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Reads a Kafka topic from its beginning. Every message is validated against the published schemas. */
export function readKafkaAudit(kafka: { brokers: string[]; topic: string }): AuditLog {
  const log = createAuditLog();
  const check = createAuditCheck();
  const reader = readTopic(kafka, (messages) => {
    for (const message of messages) {
      const payload = parse(message.value);
      const record = recordOf(message, payload);
      if (payload === undefined || log.take(record))
        check.see({ headers: message.headers, key: message.key, payload }, `${kafka.topic} ${message.at}`);
    }
  });
  return {
    ...log,
    async close() {
      await reader.close();
      check.finish();
    },
  };
}
