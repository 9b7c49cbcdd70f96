import type { AuditRecord, ChainHead } from '@sallyport/contracts';
import type { SpoolEntry } from '@sallyport/spool';
import type { AuditMessage } from '../kafka/audit-message.ts';
import { readAuditMessage } from '../kafka/to-kafka-message.ts';
import { UndeliverableError } from '../kafka/undeliverable-error.ts';

/** Returns an entry of the spool as the message that is sent. Throws `UndeliverableError` if it is not an event. */
export function toSpooledMessage({ position, entry }: SpoolEntry): AuditMessage {
  try {
    return readAuditMessage(entry);
  } catch (cause) {
    throw new UndeliverableError(`entry ${position} of the spool is not an event`, { cause });
  }
}

/** Says whether an entry of the spool reports that events are lost. */
export function isGapReport(entry: Uint8Array): boolean {
  try {
    return readAuditMessage(entry).headers?.['ce_type'] === 'audit.gap';
  } catch {
    return false;
  }
}

/** Returns where the chain of an entry's producer stands, or undefined if the entry ended the chain. */
export function chainOfEntry(
  entry: Uint8Array,
): { producer: string; head: Pick<ChainHead, 'seq' | 'hash'> } | undefined {
  const { sallyport } = JSON.parse(String(readAuditMessage(entry).value)) as AuditRecord['data'];
  const { producer, seq, hash, checkpoint } = sallyport;
  if (checkpoint?.closing === true || seq === undefined || hash === undefined) return undefined;
  return { producer, head: { seq, hash } };
}
