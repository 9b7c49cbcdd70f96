import type { Readiness } from '@sallyport/kit';
import type { AuditSink } from './audit-sink.ts';

/**
 * Adds the check of the spool to a service's readiness, if there is a spool. A service whose spool fails refuses
 * everything, so it must not be sent requests.
 */
export function addSpoolReadiness(readiness: Pick<Readiness, 'add'>, { failure }: Pick<AuditSink, 'failure'>): void {
  if (!failure) return;
  readiness.add('spool', () => {
    const reason = failure();
    if (reason !== undefined) throw new Error(`the disk of the audit spool fails: ${reason}`);
  });
}
