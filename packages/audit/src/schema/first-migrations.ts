/** The migrations up to the first release with partitions: one table of events. */
export const firstMigrations: readonly string[] = [
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
