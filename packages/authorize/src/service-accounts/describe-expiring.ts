import { createHash } from 'node:crypto';
import { auditKey } from '@sallyport/audit-log';
import type { AuditRecord, Session } from '@sallyport/contracts';
import { uuidOf } from '@sallyport/kit';
import { createNoticeEvent } from '../notifications/notice-event.ts';

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
