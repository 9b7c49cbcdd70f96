import { ProblemError } from '@sallyport/kit';
import type { SqlDatabase, Statement } from '../database/sql-database.ts';
import { clusterEventTables } from './cluster-event-tables.ts';
import { useTables, correctCounts, countTables } from './count-tables.ts';
import { firstMigrations } from './first-migrations.ts';
import { partitionEvents } from './partition-events.ts';
import { recordingTables } from './recording-tables.ts';
import { proofTables, repeatTables } from './proof-tables.ts';

/**
 * One step of the schema. `usableFrom` is the oldest version of the schema whose programs can use the database after it,
 * so that one can go back to them without a restore. By default that is its own.
 */
type Migration = string | { sql: string; usableFrom: number };

/** Applied once each, in order. Never change a released migration: add another one. */
const migrations: readonly Migration[] = [
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
  // How far the topic is stored. Earlier versions do without.
  {
    sql: `create table audit_positions (
      topic text not null,
      partition integer not null,
      next bigint not null,
      primary key (topic, partition)
    );`,
    usableFrom: 14,
  },
];

/** The version of the schema. */
export const migrationCount: number = migrations.length;

/** An index of a large table takes a while. Until then the events wait on the topic. */
const longestMigrationMs = 30 * 60_000;

/** The number of the lock under which migrations are applied and events are stored (see `insertStatements`). */
const lockNumber = 7_231_530_114;

/** Takes the lock among all users of the database, until the end of the transaction. */
export const lockStatement: Statement = { sql: `select pg_advisory_xact_lock(${lockNumber})` };

/** Throws if a newer version has changed the schema in a way that this one cannot follow. */
async function checkUsable(database: SqlDatabase, applied: number, known: number): Promise<void> {
  const [row] = await database.query({
    sql: 'select max(coalesce(usable_from, version)) as version from audit_migrations where version > $1',
    values: [known],
  });
  const usableFrom = Number(row?.version ?? 0);
  if (usableFrom > known)
    throw new ProblemError(
      'service-unavailable',
      `The audit store has schema ${applied}, which versions from schema ${usableFrom} on can use. This one knows schema ${known}. Start the newer version, or restore a backup from before the upgrade.`,
    );
}

/**
 * Migrates the schema. Several replicas may do so at once. Rejects with a ProblemError if the schema is of a newer version
 * that this one cannot use.
 */
export async function migrate(database: SqlDatabase, steps: readonly Migration[] = migrations): Promise<void> {
  await database.transaction([
    lockStatement,
    {
      sql: 'create table if not exists audit_migrations (version integer primary key, applied timestamptz not null default now())',
    },
    { sql: 'alter table audit_migrations add column if not exists usable_from integer' },
  ]);
  const [row] = await database.query({ sql: 'select coalesce(max(version), 0) as version from audit_migrations' });
  const applied = Number(row?.version ?? 0);
  if (applied > steps.length) await checkUsable(database, applied, steps.length);
  for (const [index, step] of steps.entries()) {
    const version = index + 1;
    if (version <= applied) continue;
    const { sql, usableFrom } = typeof step === 'string' ? { sql: step, usableFrom: version } : step;
    try {
      // The version comes first, so that this fails before any change if another replica was faster.
      await database.transaction([
        lockStatement,
        {
          sql: 'insert into audit_migrations (version, usable_from) values ($1, $2)',
          values: [version, usableFrom],
        },
        { sql: `set local statement_timeout = ${longestMigrationMs}` },
        { sql, timeoutMs: longestMigrationMs },
      ]);
    } catch (error) {
      if ((error as { code?: unknown }).code !== '23505') throw error;
    }
  }
}
