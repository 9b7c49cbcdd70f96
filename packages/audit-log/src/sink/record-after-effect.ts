import type { AuditRecord } from '@sallyport/contracts';
import type { AuditSink } from './audit-sink.ts';
import { recordBeforeEffect } from './record-before-effect.ts';

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
