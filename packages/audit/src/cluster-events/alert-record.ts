import { auditKey, createAuditRecord } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';
import type { OpenAlert } from './join-store.ts';

/**
 * Creates the event of an alert. Its id and time are those of the alert, so that it is in the trail once however often it
 * is published.
 */
export function alertRecord({ id, at, cluster, finding, count, first, last }: OpenAlert): AuditRecord {
  const { user, sourceIPs, code } = finding;
  return createAuditRecord(
    {
      type: 'audit.alert',
      source: 'sallyport/audit',
      key: auditKey(cluster, undefined),
      data: {
        // The request's own ID would make this one of its events.
        auditID: id,
        stage: 'ResponseComplete',
        requestURI: '',
        verb: 'report',
        user: user === '' ? {} : { username: user },
        ...(code === undefined ? {} : { responseStatus: { code } }),
        ...(sourceIPs ? { sourceIPs } : {}),
        sallyport: {
          cluster: { id: cluster, name: cluster },
          alert: {
            ...finding,
            ...(count === 1 ? {} : { count, firstTimestamp: first, lastTimestamp: last }),
          },
        },
      },
    },
    { now: () => at, randomId: () => id },
  );
}
