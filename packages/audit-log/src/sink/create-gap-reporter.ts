import type { Sealer } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { Spool, SpoolEntry } from '@sallyport/spool';
import type { ChainRecords } from './chain-records.ts';
import { createChainLedger, type LostEvents } from './create-chain-ledger.ts';
import { isGapReport } from './spooled-event.ts';

/** Reports in the trail which events of a spool are lost. */
export type GapReporter = {
  /** The log refuses this event. */
  refused(entry: SpoolEntry, reason: string): void;
  /** The last event that was sealed has a number, and could not be kept. */
  notKept(reason: string): void;
  /** Takes what the disk has lost, which the spool has logged. Returns how many events that are. */
  takeLost(): number;
  /** Adds the events that report losses, as far as there is room for them. */
  report(): void;
};

type Deps = {
  spool: Spool;
  sealer: Sealer;
  chainRecords: ChainRecords;
  logger: Logger;
  hasRoom(): boolean;
  accept(record: AuditRecord): void;
};

/** Creates the reporter, and notes in the spool that the chain of the sealer goes on there. */
export function createGapReporter({ spool, sealer, chainRecords, logger, hasRoom, accept }: Deps): GapReporter {
  const ledger = createChainLedger({ spool, logger });
  let unreported: LostEvents[] = [];
  const lastSeq = () => sealer.head?.seq ?? 0;
  ledger.begin(sealer.producer, lastSeq() + 1);
  return {
    refused({ position, entry }, reason) {
      // The loss of a report is not reported, because the same would happen to that.
      if (!isGapReport(entry)) unreported.push(...ledger.find({ from: position, to: position, reason }));
    },
    notKept(reason) {
      const seq = lastSeq();
      unreported.push({ producer: sealer.producer, from: seq, to: seq, reason });
      ledger.begin(sealer.producer, seq + 1);
    },
    takeLost() {
      const lost = spool.takeLost();
      unreported.push(...lost.flatMap((range) => ledger.find(range)));
      return lost.reduce((count, { from, to }) => count + to - from + 1, 0);
    },
    report() {
      while (unreported.length > 0 && hasRoom()) {
        const [gap, ...rest] = unreported;
        unreported = rest;
        accept(chainRecords.gap(gap!));
      }
    },
  };
}
