import type { Logger } from '@sallyport/kit';
import type { LostEntries, Position, Spool } from '@sallyport/spool';

/** A chain in the spool: the event with the number `seq` is at the position `first + seq - 1`. */
type LedgerChain = { producer: string; first: Position; last?: Position | undefined };

/** Events that are lost, by their numbers, as an `audit.gap` event names them. */
export type LostEvents = { producer: string; from: number; to: number; reason: string };

/** Knows which event of which chain is at a position of the spool, even if the disk has lost it. */
export type ChainLedger = {
  /** Notes that the chain of `producer` begins or goes on at the next position, where its event has this number. */
  begin(producer: string, seq: number): void;
  /** Returns which events were at these positions. */
  find(lost: LostEntries): LostEvents[];
};

type Deps = { spool: Pick<Spool, 'state' | 'saveState' | 'acknowledged' | 'lastAppended'>; logger: Logger };

function isChain(value: unknown): value is LedgerChain {
  const { producer, first, last } = (value ?? {}) as Record<string, unknown>;
  return typeof producer === 'string' && Number.isInteger(first) && (last === undefined || Number.isInteger(last));
}

function readChains(state: unknown): LedgerChain[] {
  const { chains } = (state ?? {}) as { chains?: unknown };
  return Array.isArray(chains) ? chains.filter(isChain) : [];
}

/**
 * Creates the ledger. It is kept in the state of the spool, and has one line for each chain that has events there. The
 * events of a chain are at consecutive positions, so that is enough.
 */
export function createChainLedger({ spool, logger }: Deps): ChainLedger {
  let chains = readChains(spool.state);
  return {
    begin(producer, seq) {
      const next = spool.lastAppended + 1;
      const first = next - seq + 1;
      const open = chains.at(-1);
      if (open?.producer === producer && open.first === first) return;
      if (open) open.last ??= next - 1;
      chains = [...chains.filter(({ last }) => (last ?? next) > spool.acknowledged), { producer, first }];
      spool.saveState({ chains }).catch((error: Error) => {
        // Without it a loss is still in the log, and in the chain a number is missing. Only its report may be missing.
        logger.warn({ reason: error.message }, 'could not note in the spool where the chain of audit events begins');
      });
    },
    find({ from, to, reason }) {
      return chains.flatMap(({ producer, first, last = to }, index) => {
        const begin = Math.max(
          from,
          chains[index - 1]?.last === undefined ? first : Math.max(first, chains[index - 1]!.last! + 1),
        );
        const end = Math.min(to, last);
        return begin > end ? [] : [{ producer, from: begin - first + 1, to: end - first + 1, reason }];
      });
    },
  };
}
