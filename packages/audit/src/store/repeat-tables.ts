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
