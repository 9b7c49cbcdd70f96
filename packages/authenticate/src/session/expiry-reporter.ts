import { hash } from 'node:crypto';
import {
  auditKey,
  createAuditRecord,
  createRetriedRecord,
  type AuditSink,
  type RetriedOutcome,
} from '@sallyport/audit-log';
import { uuidOf, createRepeaterWithOutage, type Logger } from '@sallyport/kit';
import type { ExpiredSession, SessionStore } from '@sallyport/stores';
import { auditDraft, typesOf } from '../events/audit-draft.ts';

/** Records that a session has ended by itself. The outcome says whether that is certain. */
type ExpiryEvents = (expired: ExpiredSession) => Promise<RetriedOutcome>;

/**
 * Creates the events of sessions that end by themselves. The id of an event follows from its session, and its time is that
 * of the end, so that it is the same whichever replica records it, and however often.
 */
export function createExpiryEvents(deps: { audit: AuditSink }): ExpiryEvents {
  const { record } = createRetriedRecord(deps.audit);
  return ({ session, reason, endedAt }) => {
    const { id, identity, parent } = session;
    const eventId = uuidOf(hash('sha256', `${id}\0expired`, 'buffer'));
    const withParent = reason === 'parent-ended';
    const type = withParent ? typesOf(session).ended : 'session.expired';
    const data = auditDraft(
      {
        type,
        verb: 'end',
        path: '',
        user: undefined,
        of: identity,
        session,
        facts: {},
        code: 200,
        message: reason,
        detail: withParent ? `its parent was the session ${parent!.id}` : `at ${new Date(endedAt).toISOString()}`,
      },
      eventId,
    );
    return record(
      createAuditRecord(
        { type, source: 'sallyport/authenticate', key: auditKey(undefined, id), data },
        { now: () => endedAt, randomId: () => eventId },
      ),
    );
  };
}

/** How many sessions a replica takes at once, and how long no other takes them. */
const batch = 32;
const leaseMs = 60_000;

type ExpiryReporterDeps = {
  sessions: Pick<SessionStore, 'takeExpired' | 'forgetExpired'>;
  /** Records the event of one. */
  record: ExpiryEvents;
  audit: Pick<AuditSink, 'hasRoom'>;
  logger: Logger;
  /** Spreads the replicas. */
  random: () => number;
  pollMs?: number;
};

/**
 * Creates the reporter. Any number of replicas share the work. A session is forgotten once its event is recorded, so
 * what cannot be recorded is tried again, and what ends while none of them runs is recorded later.
 */
export function createExpiryReporter(deps: ExpiryReporterDeps) {
  const { sessions, record, audit, logger, random, pollMs = 10_000 } = deps;

  const report = async (one: ExpiredSession) => {
    const outcome = await record(one);
    if (outcome === 'recorded') await sessions.forgetExpired(one.tokenHash);
    return outcome === 'recorded';
  };
  /** Records all that have ended, and returns how many. Rejects if the store is down. */
  const runDue = async (): Promise<number> => {
    let count = 0;
    for (;;) {
      if (repeater.isClosed || !audit.hasRoom()) return count;
      const { expired, more } = await sessions.takeExpired(batch, leaseMs);
      const done = await Promise.allSettled(expired.map(report));
      const failed = done.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason as Error;
      const recorded = done.filter((one) => one.status === 'fulfilled' && one.value).length;
      if (recorded < expired.length) throw new Error('the audit log did not record it in time');
      count += recorded;
      if (!more) return count;
    }
  };
  const repeater = createRepeaterWithOutage({
    run: runDue,
    pauseMs: pollMs,
    random,
    logger,
    failed: 'it cannot be recorded at the moment that sessions have expired; this is tried again',
    recovered: 'it is recorded again that sessions have expired',
  });
  return { runDue, start: () => repeater.start(0), close: () => repeater.close() };
}
