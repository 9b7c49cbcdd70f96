import { ProblemError, type Logger } from '@sallyport/kit';
import { moveOldEvents } from './move-old-events.ts';
import type { SqlDatabase } from './sql-database.ts';

const reportEveryMs = 2000;
const retryMs = 2000;

/** Moves the events of earlier versions in the background. Until then the store cannot be used. */
export type Mover = {
  /** Resolves as soon as it is known whether there is anything to move. */
  start(): Promise<void>;
  /** Throws `service-unavailable` while events are being moved. */
  check(): void;
  close(): Promise<void>;
};

/** Creates the mover of a store. */
export function createMover(database: SqlDatabase, logger: Logger | undefined): Mover {
  let [percent, moving, closed, reported] = [0, false, false, 0];
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (!closed) {
      try {
        await moveOldEvents(database, ({ moved, total }) => {
          if (closed) throw new Error('closed');
          percent = Math.min(99, Math.floor((100 * moved) / Math.max(total, 1)));
          if (performance.now() - reported < reportEveryMs) return;
          reported = performance.now();
          logger?.info({ moved, percent }, 'moving audit events into partitions by day');
        });
        moving = false;
        return;
      } catch (error) {
        if (closed) return;
        logger?.warn({ reason: (error as Error).message }, 'cannot move audit events into partitions; retrying');
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
      }
    }
  };
  return {
    async start() {
      if (running) return;
      const [row] = await database.query({ sql: `select to_regclass('audit_events_unpartitioned') as name` });
      if (row?.name === null) return;
      moving = true;
      running = run();
      // A new installation has nothing to move, and is done at once.
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 500).unref())]);
    },
    check() {
      if (moving)
        throw new ProblemError(
          'service-unavailable',
          `The audit store is being converted to partitions (${percent} %). Wait until it is done.`,
        );
    },
    async close() {
      closed = true;
      await running;
    },
  };
}
