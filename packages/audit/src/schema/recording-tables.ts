/**
 * The migration for recordings. `audit_recordings` has what the events about each say together. It is deleted with the day
 * of the latest one. `audit_recording_steps` has their parts and gaps.
 */
export const recordingTables = `
  create table audit_recordings (
    id text primary key,
    since timestamptz not null,
    seen timestamptz not null,
    begun boolean not null,
    is_whole boolean not null,
    ended timestamptz,
    state text not null,
    reason text,
    cluster text not null,
    namespace text not null,
    name text not null,
    username text not null,
    head text not null,
    claimed timestamptz
  );
  create index on audit_recordings (since, id);
  create index on audit_recordings (seen) where state = 'running';

  create table audit_recording_steps (
    recording text not null references audit_recordings on delete cascade,
    event text not null,
    time timestamptz not null,
    part integer,
    bytes bigint not null,
    detail text not null,
    primary key (recording, event)
  );
`;
