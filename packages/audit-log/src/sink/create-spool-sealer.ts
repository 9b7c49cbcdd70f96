import { createSealer, type Sealer } from '@sallyport/audit-proof';
import type { Spool } from '@sallyport/spool';
import { createProducerId } from './create-producer-id.ts';
import { chainOfEntry } from './spooled-event.ts';

/**
 * Creates the sealer of a sink with a spool. It continues the chain of the last entry if the process before this one
 * was killed. After a clean end the chain is closed. After a restart of the machine, or a sync that failed, the end of the
 * spool may be lost although Kafka has it, and continuing would give two events the same number. Then a new chain begins,
 * also if another process died in between that had written nothing yet.
 */
export function createSpoolSealer(spool: Pick<Spool, 'previousEnd' | 'lastEntry'>, service: string): Sealer {
  const { previousEnd, lastEntry } = spool;
  const chain = previousEnd === 'killed' && lastEntry ? chainOfEntry(lastEntry.entry) : undefined;
  return createSealer(chain ?? { producer: createProducerId(service) });
}
