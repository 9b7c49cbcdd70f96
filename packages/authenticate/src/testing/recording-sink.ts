import type { AuditSink } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

type RecordingSink = AuditSink & {
  /** What the log has acknowledged. */
  records: AuditRecord[];
  full: boolean;
  /** While true, events wait in `waiting`, and whatever waits for the log fails. */
  away: boolean;
  waiting: AuditRecord[];
  /** The log is there again, and acknowledges what waits. */
  comeBack(): void;
};

/** Creates a sink that keeps the records. */
export function recordingSink(): RecordingSink {
  const accept = (record: AuditRecord) => void (sink.away ? sink.waiting : sink.records).push(record);
  const answer = () => {
    if (sink.away) throw new ProblemError('audit-unavailable', 'The audit log did not acknowledge the event in time.');
  };
  const sink: RecordingSink = {
    records: [],
    full: false,
    away: false,
    waiting: [],
    async publish(record) {
      accept(record);
      answer();
    },
    enqueue: accept,
    hasRoom: () => !sink.full,
    ping: async () => answer(),
    close: async () => {},
    comeBack() {
      sink.away = false;
      sink.records.push(...sink.waiting.splice(0));
    },
  };
  return sink;
}
