import { hash } from 'node:crypto';
import {
  auditKey,
  createAuditRecord,
  createRetriedRecord,
  type AuditSink,
  type RetriedOutcome,
} from '@sallyport/audit-log';
import { uuidOf } from '@sallyport/kit';
import type { ExpiredSession } from '@sallyport/stores';
import { auditDraft } from './audit-draft.ts';
import { typesOf } from './session-event-types.ts';

/** Records that a session has ended by itself. The outcome says whether that is certain. */
export type ExpiryEvents = (expired: ExpiredSession) => Promise<RetriedOutcome>;

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
        detail: withParent ? `it hung on the session ${parent!.id}` : `at ${new Date(endedAt).toISOString()}`,
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
