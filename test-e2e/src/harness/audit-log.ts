import type { AuditEvent, AuditEventType, AuditRecord } from '@sallyport/contracts';
import { createAuditCheck, messageOf } from './audit-check.ts';
import { eventually } from '@sallyport/kit/testing';
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

/** Where the fields are that are not in `objectRef`. */
const fields: Record<string, (record: AuditRecord) => unknown> = {
  type: ({ type }) => type,
  stage: ({ data }) => data.stage,
  verb: ({ data }) => data.verb,
  user: ({ data }) => data.user.username,
  auditID: ({ data }) => data.auditID,
  code: ({ data }) => data.responseStatus?.code,
};

function matcherOf(filter: EventFilter): (record: AuditRecord) => boolean {
  if (typeof filter === 'function') return filter;
  const { stage, type } = filter;
  const wanted = Object.entries(
    stage !== undefined && type === undefined ? { ...filter, type: 'k8s.request' } : filter,
  );
  return (record) =>
    wanted.every(([key, value]) => {
      const objectRef = record.data.objectRef as Record<string, unknown> | undefined;
      return (fields[key] ? fields[key](record) : objectRef?.[key]) === value;
    });
}

type FilledLog = Omit<AuditLog, 'close'> & { take(record: AuditRecord): boolean };

/** Creates a log that `take` fills. It returns false for an event that the log already has. */
function createAuditLog(): FilledLog {
  const seen = new Set<string>();
  const records: AuditRecord[] = [];
  const ofRequest = new Map<string, AuditRecord[]>();
  const eventsOf = (auditID: string): AuditRecord[] => {
    const events = ofRequest.get(auditID) ?? [];
    ofRequest.set(auditID, events);
    return events;
  };
  /** Returns the events that a filter can match, as an array that grows. A log has thousands. */
  const candidates = (filter: EventFilter): readonly AuditRecord[] =>
    typeof filter === 'function' || filter.auditID === undefined ? records : eventsOf(filter.auditID);
  return {
    all: (filter = {}) => candidates(filter).filter(matcherOf(filter)),
    take(record) {
      if (seen.has(record.id)) return false;
      seen.add(record.id);
      records.push(record);
      eventsOf(record.data.auditID).push(record);
      return true;
    },
    await(filter, count = 1, timeoutMs = 60_000) {
      const [events, matches] = [candidates(filter), matcherOf(filter)];
      const found: AuditRecord[] = [];
      // Each event is looked at once.
      let looked = 0;
      return eventually(
        `${count} audit events ${typeof filter === 'function' ? filter.toString() : JSON.stringify(filter)}`,
        () => {
          for (; looked < events.length; looked += 1) if (matches(events[looked]!)) found.push(events[looked]!);
          return found.length >= count ? found : undefined;
        },
        timeoutMs,
        () => `(${found.length} found)`,
      );
    },
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

/**
 * Reads a Kafka topic from its beginning. Every message is validated against the published schemas, except for one with
 * the value `foreign`, which a test has written.
 */
export function readKafkaAudit(kafka: { brokers: string[]; topic: string }, foreign?: string): AuditLog {
  const log = createAuditLog();
  const check = createAuditCheck();
  const reader = readTopic(kafka, (messages) => {
    for (const message of messages) {
      if (message.value === foreign) continue;
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
