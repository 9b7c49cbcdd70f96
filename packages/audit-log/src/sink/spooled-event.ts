import { createSealer, type Sealer } from '@sallyport/audit-proof';
import type { AuditRecord, ChainHead } from '@sallyport/contracts';
import type { SpoolEntry, Spool } from '@sallyport/spool';
import type { AuditMessage } from '../kafka/audit-message.ts';
import { UndeliverableError } from '../kafka/kafka-errors.ts';
import { readAuditMessage } from '../kafka/to-kafka-message.ts';
import { createProducerId } from './create-producer-id.ts';

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
function chainOfEntry(entry: Uint8Array): { producer: string; head: Pick<ChainHead, 'seq' | 'hash'> } | undefined {
  const { sallyport } = JSON.parse(String(readAuditMessage(entry).value)) as AuditRecord['data'];
  const { producer, seq, hash, checkpoint } = sallyport;
  if (checkpoint?.closing === true || seq === undefined || hash === undefined) return undefined;
  return { producer, head: { seq, hash } };
}

/**
 * Creates the sealer of a sink with a spool. It continues the chain of the last entry if the process before this one
 * was killed. After a clean end the chain is closed. After a restart of the machine, or a sync that failed, the end of the
 * spool may be lost although Kafka has it, and continuing would give two events the same number. Then a new chain begins,
 * also if another process died in between that had written nothing yet. `delivered` are the last numbers that the log is
 * known to have of each producer: they show a loss that the spool does not know of, as of a disk that was repaired.
 */
export function createSpoolSealer(
  { previousEnd, lastEntry }: Pick<Spool, 'previousEnd' | 'lastEntry'>,
  service: string,
  delivered: ReadonlyMap<string, number> = new Map(),
): Sealer {
  const chain = previousEnd === 'killed' && lastEntry ? chainOfEntry(lastEntry.entry) : undefined;
  const isWhole = chain !== undefined && (delivered.get(chain.producer) ?? 0) <= chain.head.seq;
  return createSealer(isWhole ? chain : { producer: createProducerId(service) });
}
