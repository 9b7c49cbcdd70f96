import { createHash } from 'node:crypto';
import type { AuditRecord } from '@sallyport/contracts';
import { auditKey, createAuditRecord, microTime } from '@sallyport/audit-log';
import type { GivenUp } from '@sallyport/notify';
import { uuidOf } from '../elevations/uuid-of.ts';

/**
 * Describes a notification that was given up. Its id follows from what was given up, so that it is the same however often,
 * and by whichever replica, it is published. The members are in the order of RFC 8785.
 */
export function describeFailedNotice(failure: GivenUp, now: () => number): AuditRecord {
  const { channel, notice, tries, reason, round } = failure;
  const { id, name, user, namespace, cluster } = notice.elevation;
  const auditID = uuidOf(createHash('sha256').update(`${notice.id}\0${channel}\0${round}`).digest());
  const time = microTime(now());
  return createAuditRecord(
    {
      type: 'notification.failed',
      source: 'sallyport/authorize',
      key: auditKey(cluster, undefined),
      data: {
        auditID,
        stage: 'ResponseComplete',
        requestURI: '',
        verb: 'notify',
        user: {},
        requestReceivedTimestamp: time,
        stageTimestamp: time,
        sallyport: {
          cluster: { id: cluster, name: cluster },
          detail: reason,
          elevation: { id, name, namespace, user },
          notification: { channel, eventId: notice.id, tries, type: notice.type },
        },
      },
    },
    { now, randomId: () => auditID },
  );
}
