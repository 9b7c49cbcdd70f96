import type { AuditSink } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';

/** Creates a sink that keeps the records. */
export function recordingSink(): AuditSink & { records: AuditRecord[]; full: boolean } {
  const records: AuditRecord[] = [];
  const sink = {
    records,
    full: false,
    publish: async (record: AuditRecord) => void records.push(record),
    enqueue: (record: AuditRecord) => void records.push(record),
    hasRoom: () => !sink.full,
    ping: async () => {},
    close: async () => {},
  };
  return sink;
}
