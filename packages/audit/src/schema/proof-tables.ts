/** The tables of the proof: how far each producer's chain is complete, and the checkpoints. */
export const proofTables = `create table audit_heads (
    producer text primary key,
    seq bigint not null default 0,
    hash text not null,
    first bigint not null default 1,
    waiting_since timestamptz
  );
  create index audit_heads_attest on audit_heads (producer) where seq >= first;
  create index audit_heads_waiting on audit_heads (waiting_since) where waiting_since is not null;
  create table audit_checkpoints (
    key_id text not null,
    number bigint not null,
    previous text not null unique,
    hash text not null unique,
    checkpoint text not null,
    place bigint generated always as identity,
    claimed timestamptz not null,
    published boolean not null default false,
    anchored boolean not null default false,
    primary key (key_id, number)
  );
  create index audit_checkpoints_place on audit_checkpoints (place);
  create index audit_checkpoints_unpublished on audit_checkpoints (place) where not published;
  create index audit_checkpoints_unanchored on audit_checkpoints (place) where not anchored;`;

/**
 * The places in the chains of events that are not stored, because one with their id and time is:
 *
 * - repeats, of which only the place is kept. The stored event has everything else, so their hashes show that they were
 *   repeats and not other events.
 * - events that say something else under that id. They are kept whole, in `event`.
 *
 * Those without a place in a chain have an empty producer, the number 0 and a hash of their text.
 */
export const repeatTables = `create table audit_repeats (
    time timestamptz not null,
    id text not null,
    producer text not null,
    seq bigint not null,
    prev_hash bytea not null,
    hash bytea not null,
    event text,
    primary key (producer, seq, hash, time)
  ) partition by range (time);
  create or replace view audit_places as
    select producer, seq, encode(prev_hash, 'hex') as prev_hash, encode(hash, 'hex') as hash, time from audit_events
      where seq is not null
    union all
    select producer, seq, encode(prev_hash, 'hex'), encode(hash, 'hex'), time from audit_folded
    union all
    select producer, seq, encode(prev_hash, 'hex'), encode(hash, 'hex'), time from audit_repeats where seq > 0;`;
