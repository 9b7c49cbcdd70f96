import { createHash } from 'node:crypto';
import { createAuditRecord, microTime, auditKey, type AuditRecordParts } from '@sallyport/audit-log';
import type { AuditRecord, Session } from '@sallyport/contracts';
import type { GivenUp } from '@sallyport/notify';
import { uuidOf } from '@sallyport/kit';

type Described = Pick<AuditRecordParts, 'type' | 'key'> & {
  auditID: string;
  sallyport: AuditRecordParts['data']['sallyport'];
};

/** Returns an event about a notice, which no request caused. It is the same, however often it is described. */
function createNoticeEvent({ type, key, auditID, sallyport }: Described, at: number): AuditRecord {
  const time = microTime(at);
  return createAuditRecord(
    {
      type,
      source: 'sallyport/authorize',
      key,
      data: {
        auditID,
        stage: 'ResponseComplete',
        requestURI: '',
        verb: 'notify',
        user: {},
        requestReceivedTimestamp: time,
        stageTimestamp: time,
        sallyport,
      },
    },
    { now: () => at, randomId: () => auditID },
  );
}

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
 * Describes a notification that was given up. Its id follows from what was given up, and its time is when that was, so
 * that it is the same however often, and by whichever replica, it is published. The members are in the order of RFC
 * 8785.
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

/**
 * Describes that a service account ends soon. The id follows from the account and the number of the notice, and `at` is
 * when the notice was due, so that it is the same whichever replica publishes it.
 */
export function describeExpiring(
  { id, identity, serviceAccount, expiresAt }: Session,
  { number, at }: { number: number; at: number },
): AuditRecord {
  const auditID = uuidOf(createHash('sha256').update(`${id}\0expiring\0${number}`).digest());
  const { groups, issuer: iss, subject: sub } = identity;
  const sallyport = {
    credentialKind: 'service-account',
    detail: `${identity.user} of ${serviceAccount!.maker.user} ends at ${new Date(expiresAt).toISOString()}`,
    identity: { groups, iss, sub },
    sessionId: id,
  };
  return createNoticeEvent({ type: 'service_account.expiring', key: auditKey(undefined, id), auditID, sallyport }, at);
}
