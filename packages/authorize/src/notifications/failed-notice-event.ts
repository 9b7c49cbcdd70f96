import { createHash } from 'node:crypto';
import type { AuditRecord } from '@sallyport/contracts';
import { auditKey } from '@sallyport/audit-log';
import type { GivenUp } from '@sallyport/notify';
import { uuidOf } from '@sallyport/kit';
import { createNoticeEvent } from './notice-event.ts';

/** Returns the part of the event that says what the notification was about. */
function whatOf(notice: GivenUp['notice']) {
  if (!('elevation' in notice)) {
    const { id } = notice.serviceAccount;
    return { key: auditKey(undefined, id), part: { credentialKind: 'service-account', sessionId: id } };
  }
  const { id, name, user, namespace, cluster } = notice.elevation;
  return {
    key: auditKey(cluster, undefined),
    part: { cluster: { id: cluster, name: cluster }, elevation: { id, name, namespace, user } },
  };
}

/**
 * Describes a notification that was given up. Its id follows from what was given up, and its time is when that was, so that it is the
 * same however often, and by whichever replica, it is published. The members are in the order of RFC 8785.
 */
export function describeFailedNotice(failure: GivenUp): AuditRecord {
  const { channel, notice, at, tries, reason, round } = failure;
  const { key, part } = whatOf(notice);
  const auditID = uuidOf(createHash('sha256').update(`${notice.id}\0${channel}\0${round}`).digest());
  const sallyport = {
    ...part,
    detail: reason,
    notification: { channel, eventId: notice.id, tries, type: notice.type },
  };
  return createNoticeEvent({ type: 'notification.failed', key, auditID, sallyport }, at);
}
