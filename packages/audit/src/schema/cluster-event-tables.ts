/**
 * The tables of the clusters' own audit events and of what their comparison with the trail found.
 *
 * - `audit_cluster_events` has a partition per day, like the trail. `verdict` is 0 until the event is compared, then 1, or
 *   2 if something was found.
 * - `audit_cluster_accounts` has the accounts that sent the gateway's requests, `audit_cluster_kinds` the kinds of
 *   requests that a cluster records, and `audit_cluster_seen` when a cluster sent its first and its last events.
 * - `audit_alerts` counts similar findings of a period. At its first finding an event is published, and at the end of the
 *   period another one for the rest.
 * - `audit_join_state` says which replica compares, and up to which event of the trail.
 */
export const clusterEventTables = `create table audit_cluster_events (
    time timestamptz not null,
    received timestamptz not null,
    stored timestamptz not null default now(),
    cluster text not null,
    audit_id text not null,
    stage text not null,
    verdict smallint not null default 0,
    data text not null,
    primary key (time, cluster, audit_id, stage, received)
  ) partition by range (time);
  create index on audit_cluster_events (audit_id);
  create index on audit_cluster_events (cluster, stored) where verdict = 0;
  create table audit_cluster_accounts (
    cluster text not null,
    account text not null,
    matched bigint not null,
    last timestamptz not null,
    primary key (cluster, account)
  );
  create table audit_cluster_kinds (
    cluster text not null,
    kind text not null,
    last timestamptz not null,
    primary key (cluster, kind)
  );
  create table audit_cluster_seen (cluster text primary key, since timestamptz not null, last timestamptz not null);
  create table audit_alerts (
    cluster text not null,
    kind text not null,
    fold text not null,
    period timestamptz not null,
    count bigint not null,
    finding text not null,
    first_time timestamptz not null,
    last_time timestamptz not null,
    claimed timestamptz,
    first_id text not null default gen_random_uuid()::text,
    first_at timestamptz,
    first_count bigint,
    first_told boolean not null default false,
    rest_id text not null default gen_random_uuid()::text,
    rest_at timestamptz,
    rest_count bigint,
    rest_told boolean not null default false,
    primary key (cluster, kind, fold, period)
  );
  create index on audit_alerts (period);
  create table audit_join_state (
    single boolean primary key default true check (single),
    ingest bigint not null,
    holder text not null default '',
    until timestamptz not null default '-infinity'
  );`;
