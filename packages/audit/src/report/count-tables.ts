import { isFailed, isRefused } from '../store/result-conditions.ts';

/** The condition that an event is the end of a request. */
export const isEnd = `type = 'k8s.request' and stage in ('ResponseComplete', 'Panic')`;

/** The columns that `countEnds` and `countUses` read of events. */
export const countedColumns =
  'type, stage, issuer, subject, username, cluster, resource, subresource, verb, effect, code, reasons, elevation';

/**
 * Returns the statement that counts the requests which ended, among the events in a table, by hour (UTC) and by who did
 * what where. The names are found by a hash, because together they may be too long for an index.
 */
export const countEnds = (table: string): string => `insert into audit_counts
    (hour, key, issuer, subject, username, cluster, resource, verb, requests, refused, failed, first_time, last_time)
  select hour, md5(jsonb_build_array(issuer, subject, username, cluster, resource, verb)::text)::uuid,
    issuer, subject, username, cluster, resource, verb, requests, refused, failed, first_time, last_time
  from (
    select date_trunc('hour', time, 'UTC') as hour, coalesce(issuer, '') as issuer, coalesce(subject, '') as subject,
      coalesce(username, '') as username, coalesce(cluster, '') as cluster,
      concat_ws('/', coalesce(resource, ''), subresource) as resource, coalesce(verb, '') as verb,
      count(*) as requests,
      count(*) filter (where ${isRefused}) as refused,
      count(*) filter (where ${isFailed}) as failed,
      min(time) as first_time, max(time) as last_time
    from ${table} where ${isEnd} group by 1, 2, 3, 4, 5, 6, 7
  ) as ended
  on conflict (hour, key) do update set requests = audit_counts.requests + excluded.requests,
    refused = audit_counts.refused + excluded.refused, failed = audit_counts.failed + excluded.failed,
    first_time = least(audit_counts.first_time, excluded.first_time),
    last_time = greatest(audit_counts.last_time, excluded.last_time)`;

/** The migration that creates the table of counts, and counts the events that are there. */
export const countTables = `create table audit_counts (
    hour timestamptz not null,
    key uuid not null,
    issuer text not null,
    subject text not null,
    username text not null,
    cluster text not null,
    resource text not null,
    verb text not null,
    requests bigint not null,
    refused bigint not null,
    failed bigint not null,
    first_time timestamptz not null,
    last_time timestamptz not null,
    primary key (hour, key)
  );
  ${countEnds('audit_events')};`;

/** The migration that corrects earlier counts: what the gateway asked a cluster itself was counted as refused. */
export const correctCounts = `update audit_counts set refused = 0
  where issuer = '' and username in ('gateway:access-review', 'gateway:discovery') and refused > 0`;
