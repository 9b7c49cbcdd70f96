import type { SqlDatabase, Statement } from '../database/sql-database.ts';
import { clusterEventTables } from './cluster-event-tables.ts';
import { useTables, correctCounts, countTables } from './count-tables.ts';
import { firstMigrations } from './first-migrations.ts';
import { partitionEvents } from './partition-events.ts';
import { recordingTables } from './recording-tables.ts';
import { proofTables, repeatTables } from './proof-tables.ts';

/** Applied once each, in order. Never change a released migration: add another one. */
const migrations: readonly string[] = [
  ...firstMigrations,
  partitionEvents,
  // The order in which places were stored, so that their number can be limited.
  `create sequence audit_folded_place;
  alter table audit_folded add column place bigint not null default nextval('audit_folded_place');
  create index on audit_folded (place);`,
  // An index that begins with the time would be read in addition to the one of terms, only to find the whole day.
  `alter table audit_events drop constraint audit_events_pkey, add primary key (id, time);`,
  proofTables,
  // Up to when places of aggregated events were deleted, so that a verification knows where it can begin.
  `create table audit_places_forgotten (
    single boolean primary key default true check (single),
    time timestamptz not null
  );`,
  clusterEventTables,
  countTables,
  useTables,
  correctCounts,
  repeatTables,
  recordingTables,
];

/** The version of the schema. */
export const migrationCount: number = migrations.length;

/** An index of a large table takes a while. Until then the events wait on the topic. */
const longestMigrationMs = 30 * 60_000;

/** The number of the lock under which migrations are applied and events are stored (see `insertStatements`). */
const lockNumber = 7_231_530_114;

/** Takes the lock among all users of the database, until the end of the transaction. */
export const lockStatement: Statement = { sql: `select pg_advisory_xact_lock(${lockNumber})` };

/** Migrates the schema. Several replicas may do so at once. */
export async function migrate(database: SqlDatabase): Promise<void> {
  await database.transaction([
    lockStatement,
    {
      sql: 'create table if not exists audit_migrations (version integer primary key, applied timestamptz not null default now())',
    },
  ]);
  const [row] = await database.query({ sql: 'select coalesce(max(version), 0) as version from audit_migrations' });
  const applied = Number(row?.version ?? 0);
  for (const [index, sql] of migrations.entries()) {
    const version = index + 1;
    if (version <= applied) continue;
    try {
      // The version comes first, so that this fails before any change if another replica was faster.
      await database.transaction([
        lockStatement,
        { sql: 'insert into audit_migrations (version) values ($1)', values: [version] },
        { sql: `set local statement_timeout = ${longestMigrationMs}` },
        { sql, timeoutMs: longestMigrationMs },
      ]);
    } catch (error) {
      if ((error as { code?: unknown }).code !== '23505') throw error;
    }
  }
}
