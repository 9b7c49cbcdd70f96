import { randomUUID } from 'node:crypto';
import type { AuditRecord, SallyportPart } from '@sallyport/contracts';
import { auditKey, createAuditRecord } from '../record/create-audit-record.ts';

/** The events that a sink adds to its own chain. */
export type ChainRecords = {
  /** The last event of a producer that ends. */
  closing(): AuditRecord;
  /** Events of this chain that are lost, by their numbers. */
  gap(gap: NonNullable<SallyportPart['gap']>): AuditRecord;
};

/** Creates these events. `service` is the one whose sink it is. */
export function createChainRecords(deps: { service: string; now: () => number }): ChainRecords {
  const record = (
    type: 'audit.checkpoint' | 'audit.gap',
    verb: string,
    sallyport: Pick<SallyportPart, 'checkpoint' | 'gap'>,
  ) =>
    createAuditRecord(
      {
        type,
        source: `sallyport/${deps.service === 'sallyport' ? 'standalone' : deps.service}`,
        key: auditKey(undefined, undefined),
        data: { auditID: randomUUID(), stage: 'ResponseComplete', requestURI: '', verb, user: {}, sallyport },
      },
      { now: deps.now, randomId: randomUUID },
    );
  return {
    closing: () => record('audit.checkpoint', 'close', { checkpoint: { closing: true } }),
    gap: ({ from, producer, reason, to }) => record('audit.gap', 'report', { gap: { from, producer, reason, to } }),
  };
}
