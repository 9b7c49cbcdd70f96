import { createAuditRecord, microTime } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';

type Described = Pick<Parameters<typeof createAuditRecord>[0], 'type' | 'key'> & {
  auditID: string;
  sallyport: Parameters<typeof createAuditRecord>[0]['data']['sallyport'];
};

/** Returns an event about a notice, which no request caused. It is the same, however often it is described. */
export function createNoticeEvent({ type, key, auditID, sallyport }: Described, at: number): AuditRecord {
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
