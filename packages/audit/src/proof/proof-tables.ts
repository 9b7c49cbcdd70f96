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
