import type { AuditRecord } from '@sallyport/contracts';
import { moveStatements, type MovedEvent } from './insert-statements.ts';
import { lockStatement } from './migrations.ts';
import type { Row, SqlDatabase } from './sql-database.ts';

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
export type Moving = { moved: number; total: number };

/**
 * Moves the events of earlier versions into the partitions, the newest first. It may be interrupted at any time and
 * continues where it was. Several replicas may do so at once.
 */
export async function moveOldEvents(database: SqlDatabase, report: (progress: Moving) => void): Promise<void> {
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
