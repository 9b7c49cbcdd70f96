import type { AuditRecord } from '@sallyport/contracts';
import type { AuditSink } from './audit-sink.ts';

/**
 * Records an event whose effect must wait for it. Resolves when the log has acknowledged the event or, with a spool, when
 * it is on the disk. Rejects with `audit-unavailable` at the sink's deadline: the effect must not happen then, although
 * the event may still be delivered.
 */
export function recordBeforeEffect(sink: Pick<AuditSink, 'publish' | 'keep'>, record: AuditRecord): Promise<void> {
  return sink.keep ? sink.keep(record) : sink.publish(record);
}

/**
 * Records an event whose effect must not wait, such as the end of a session. The event is queued before this returns,
 * even if the queue is full. Resolves to whether it is recorded: at the sink's deadline, to false. Never rejects.
 */
export async function recordAfterEffect(
  sink: Pick<AuditSink, 'publish' | 'keep' | 'enqueue' | 'hasRoom'>,
  record: AuditRecord,
): Promise<boolean> {
  if (!sink.hasRoom()) {
    sink.enqueue(record);
    return false;
  }
  try {
    await recordBeforeEffect(sink, record);
    return true;
  } catch {
    return false;
  }
}
