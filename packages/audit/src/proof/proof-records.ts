import { randomUUID } from 'node:crypto';
import { auditKey, createAuditRecord } from '@sallyport/audit-log';
import type { SignedCheckpoint } from '@sallyport/audit-proof';
import type { AuditRecord, SallyportPart } from '@sallyport/contracts';

/** Creates the event that publishes a signed checkpoint. */
export const checkpointRecord = (checkpoint: SignedCheckpoint, now: () => number): AuditRecord =>
  toRecord('audit.checkpoint', 'sign', { checkpoint }, now);

/** Creates the event that says which events did not arrive. */
export const gapRecord = (gap: NonNullable<SallyportPart['gap']>, now: () => number): AuditRecord =>
  toRecord('audit.gap', 'report', { gap }, now);

function toRecord(
  type: AuditRecord['type'],
  verb: string,
  sallyport: Pick<SallyportPart, 'checkpoint' | 'gap'>,
  now: () => number,
): AuditRecord {
  return createAuditRecord(
    {
      type,
      source: 'sallyport/audit',
      key: auditKey(undefined, undefined),
      data: {
        auditID: randomUUID(),
        stage: 'ResponseComplete',
        requestURI: '',
        verb,
        user: {},
        sallyport,
      },
    },
    { now, randomId: randomUUID },
  );
}
