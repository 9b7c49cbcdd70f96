/**
 * The migration that partitions the events by day. `moveOldEvents` then moves the events of earlier versions, which wait
 * in `audit_events_unpartitioned`.
 *
 * - `audit_events` has the events. `terms` is what they are found by (see `event-terms.ts`).
 * - `audit_blocks` says, for every 16,384 positions in the order of storing, in which partitions they are and when their
 *   events happened. Searches read it first.
 * - `audit_folded` has the places in the chains of events that were aggregated into another.
 */
export const partitionEvents = `
  alter table audit_events rename to audit_events_unpartitioned;
  alter index audit_events_pkey rename to audit_events_unpartitioned_pkey;
  alter index audit_events_ingest_key rename to audit_events_unpartitioned_ingest_key;
  drop index audit_events_identity, audit_events_username, audit_events_session, audit_events_place,
    audit_events_audit_id, audit_events_time, audit_events_address;

  alter table audit_aggregates drop constraint audit_aggregates_ingest_fkey, add column event_time timestamptz;
  update audit_aggregates set event_time = events.time from audit_events_unpartitioned as events
    where events.ingest = audit_aggregates.ingest;
  alter table audit_aggregates alter column event_time set not null;

  create sequence audit_ingest;
  select setval('audit_ingest', last_value + 1) from audit_events_ingest_seq;

  create table audit_events (
    ingest bigint not null default nextval('audit_ingest'),
    time timestamptz not null,
    seq bigint,
    code integer,
    id text not null,
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
    rule text,
    reasons text[],
    address text,
    command text,
    elevation text[],
    producer text,
    prev_hash bytea,
    hash bytea,
    terms bigint[] not null,
    data text not null,
    primary key (time, id)
  ) partition by range (time);
  create index on audit_events (ingest);
  create index on audit_events (audit_id);
  create index on audit_events (producer, seq);
  create index on audit_events using gin (terms) with (fastupdate = on, gin_pending_list_limit = 128);
  do $$
  begin
    alter table audit_events alter column data set compression lz4;
  exception when others then
    null; -- A server without LZ4 compresses with its own method.
  end
  $$;

  create table audit_blocks (
    block bigint not null,
    part text not null,
    events bigint not null,
    from_time timestamptz not null,
    to_time timestamptz not null,
    last bigint not null,
    stored timestamptz not null,
    primary key (block, part)
  );

  create table audit_folded (
    time timestamptz not null,
    producer text not null,
    seq bigint not null,
    prev_hash bytea not null,
    hash bytea not null
  ) partition by range (time);
  create index on audit_folded (producer, seq);

  create view audit_places as
    select producer, seq, encode(prev_hash, 'hex') as prev_hash, encode(hash, 'hex') as hash, time from audit_events
      where seq is not null
    union all
    select producer, seq, encode(prev_hash, 'hex'), encode(hash, 'hex'), time from audit_folded;

  create function audit_part(event_time timestamptz) returns text language sql stable as $$
    select case
      when event_time < '2020-01-01T00:00:00Z' then 'past'
      when event_time >= '2100-01-01T00:00:00Z' then 'future'
      else to_char(event_time at time zone 'UTC', 'YYYYMMDD') end
  $$;

  -- A new partition is created first and attached then, because that does not block readers.
  create function audit_open_part(parent text, part text, from_time timestamptz, to_time timestamptz) returns void
    language plpgsql as $$
  declare
    child text := parent || '_' || part;
  begin
    if exists (select from pg_inherits where inhrelid = to_regclass(child) and inhparent = to_regclass(parent)) then
      return;
    end if;
    execute format('create table %I (like %I including all)', child, parent);
    execute format('alter table %I attach partition %I for values from (%s) to (%s)', parent, child,
      case when from_time = '-infinity' then 'minvalue' else quote_literal(from_time) end,
      case when to_time = 'infinity' then 'maxvalue' else quote_literal(to_time) end);
  end
  $$;
`;
