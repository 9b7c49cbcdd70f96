import type { AuditRecord } from '@sallyport/contracts';
import type { AuditSink } from './audit-sink.ts';
import { recordBeforeEffect } from './record-after-effect.ts';

/** `late`: not recorded in time, but it may still be delivered. `unavailable`: nothing was queued. */
export type RetriedOutcome = 'recorded' | 'late' | 'unavailable';

export type RetriedRecord = {
  record(record: AuditRecord): Promise<RetriedOutcome>;
  /** Whether it is worth trying again: the log answers, or a spool keeps the event in any case. */
  mayTry(): Promise<boolean>;
};

/**
 * Creates what records the event of a change that is tried again until it is recorded. After a failure it first asks
 * whether the log answers, so that the attempts during an outage do not fill the queue. Never rejects.
 */
export function createRetriedRecord(sink: Pick<AuditSink, 'publish' | 'keep' | 'hasRoom' | 'ping'>): RetriedRecord {
  let inDoubt = true;
  let asking: Promise<boolean> | undefined;
  const answers = () =>
    (asking ??= sink
      .ping()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        asking = undefined;
      }));
  const mayTry = async () => sink.hasRoom() && (!inDoubt || sink.keep !== undefined || (await answers()));
  return {
    mayTry,
    async record(record) {
      if (!(await mayTry())) return 'unavailable';
      try {
        await recordBeforeEffect(sink, record);
        inDoubt = false;
        return 'recorded';
      } catch {
        inDoubt = true;
        return 'late';
      }
    },
  };
}
