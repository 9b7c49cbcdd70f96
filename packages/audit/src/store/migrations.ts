import type { SqlDatabase, Statement } from './sql-database.ts';

/** Applied once each, in order. Never change a released migration: add another one. */
const migrations: readonly string[] = [
  `create table audit_events (
    id text primary key,
    ingest bigint generated always as identity unique,
    time timestamptz not null,
    type text not null,
    source text not null,
    key text not null,
    audit_id text,
    stage text,
    username text,
    issuer text,
    subject text,
    session text,
    cluster text,
    namespace text,
    resource text,
    subresource text,
    name text,
    verb text,
    effect text,
    code integer,
    data text not null
  );
  create index audit_events_identity on audit_events (issuer, subject, ingest);
  create index audit_events_username on audit_events (username, ingest);
  create index audit_events_session on audit_events (session, ingest);
  create index audit_events_place on audit_events (cluster, namespace, resource, ingest);
  create index audit_events_audit_id on audit_events (audit_id);
  create index audit_events_time on audit_events (time);`,
  // Aggregated events of anonymous callers are marked in a second table, because a new column or index would take long
  // on a large table of events.
  `create table audit_aggregates (
    fold text primary key,
    ingest bigint not null unique references audit_events (ingest) on delete cascade,
    count bigint not null,
    first_time timestamptz not null,
    last_time timestamptz not null
  );
  create table audit_counted (
    id text primary key,
    place bigint generated always as identity unique,
    time timestamptz not null
  );
  create table audit_forgotten (
    single boolean primary key default true check (single),
    time timestamptz not null
  );`,
  // Columns without a default are added at once. Events from before have no values in them.
  `alter table audit_events
    add column rule text, add column reasons text[], add column address text, add column command text;
  create index audit_events_address on audit_events (address, ingest) where address is not null;`,
];

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
