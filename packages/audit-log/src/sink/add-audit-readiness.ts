import type { Readiness } from '@sallyport/kit';
import type { AuditSink } from './audit-sink.ts';

/**
 * Adds the checks of the audit sink to a service's readiness. A service whose spool fails refuses everything, so it must
 * not be sent requests. One that is still connecting to Kafka would refuse its first logins and writes. It becomes ready
 * without Kafka when the first attempt has failed, because reads continue.
 */
export function addAuditReadiness(
  readiness: Pick<Readiness, 'add'>,
  { failure, opened }: Pick<AuditSink, 'failure' | 'opened'>,
): void {
  if (opened) readiness.add('audit', () => opened);
  if (!failure) return;
  readiness.add('spool', () => {
    const reason = failure();
    if (reason !== undefined) throw new Error(`the disk of the audit spool fails: ${reason}`);
  });
}
