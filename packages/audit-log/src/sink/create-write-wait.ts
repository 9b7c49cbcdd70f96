import { withDeadline } from '@sallyport/kit';
import type { Spool } from '@sallyport/spool';
import type { AuditTicket } from './audit-sink.ts';
import { unavailable } from './queued-event.ts';

/**
 * Creates `written` of a sink with a spool. Those who wait for the same write of the spool share one promise and one
 * timer.
 */
export function createWriteWait(
  spool: Pick<Spool, 'written'>,
  timeoutMs: number,
): (ticket: AuditTicket) => Promise<void> | undefined {
  let last: { write: Promise<void>; limited: Promise<void> } | undefined;
  const late = () => unavailable('The spool did not take the event in time.');
  return (ticket) => {
    if (ticket === undefined) return Promise.reject(unavailable('The event could not be recorded.'));
    const write = spool.written(ticket);
    if (write === undefined) return undefined;
    if (last?.write !== write) {
      const limited = withDeadline(write, timeoutMs, late).catch(() => Promise.reject(late()));
      // The caller gets the error, unless it has gone away.
      limited.catch(() => undefined);
      last = { write, limited };
    }
    return last.limited;
  };
}
