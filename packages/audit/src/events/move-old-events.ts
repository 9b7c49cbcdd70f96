import type { AuditRecord } from '@sallyport/contracts';
import { ProblemError, type Logger } from '@sallyport/kit';
import type { SqlDatabase, Row } from '../database/sql-database.ts';
import { lockStatement } from '../schema/migrations.ts';
import { moveStatements, type MovedEvent } from './insert-statements.ts';

const step = 1000;
const table = 'audit_events_unpartitioned';

const batch = `select old.ingest, id, type, source, key, data, to_char(old.time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time,
    to_char(first_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as first_time
  from ${table} as old left join audit_aggregates using (ingest) order by old.ingest desc limit ${step}`;

function readOld(row: Row): MovedEvent {
  const { ingest, first_time: firstTime, data, ...envelope } = row;
  return {
    record: { ...envelope, data: JSON.parse(String(data)) } as AuditRecord,
    ingest: Number(ingest),
    ...(typeof firstTime === 'string' ? { firstTime } : {}),
  };
}

/** The progress of moving events: how many are moved, of how many. */
type Moving = { moved: number; total: number };

/**
 * Moves the events of earlier versions into the partitions, the newest first. It may be interrupted at any time and
 * continues where it was. Several replicas may do so at once.
 */
async function moveOldEvents(database: SqlDatabase, report: (progress: Moving) => void): Promise<void> {
  const exists = async () =>
    (await database.query({ sql: `select to_regclass('${table}') as name` }))[0]?.name !== null;
  if (!(await exists())) return;
  // An exact number takes long to count, and is only for the operator's information.
  const [counted] = await database.query({ sql: `select max(ingest) - min(ingest) + 1 as total from ${table}` });
  const total = Number(counted?.total ?? 0);
  for (let moved = 0; ; report({ moved, total })) {
    const rows = (await exists()) ? await database.query({ sql: batch }) : [];
    if (rows.length === 0) break;
    const events = rows.map(readOld);
    const remove = {
      sql: `delete from ${table} where ingest = any ($1::bigint[])`,
      values: [events.map((one) => one.ingest)],
    };
    await database.transaction([lockStatement, ...moveStatements(events), remove]);
    moved += rows.length;
  }
  await database.transaction([lockStatement, { sql: `drop table if exists ${table}` }]);
}

const reportEveryMs = 2000;
const retryMs = 2000;
/** How long the start of the service waits for the end of the move, in milliseconds. */
const startMs = 5000;

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
      // A new installation has nothing to move, and is done at once, or in seconds on a busy machine.
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, startMs).unref())]);
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
