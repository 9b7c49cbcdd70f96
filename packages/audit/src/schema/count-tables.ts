import { refusalReasons } from '@sallyport/contracts';

export const texts = (values: readonly string[]): string =>
  `array[${values.map((value) => `'${value}'`).join(', ')}]::text[]`;
export const isAllowed = `coalesce(effect, 'allow') = 'allow'`;
export const isOk = `coalesce(code, 0) between 100 and 399`;
const hasReason = `coalesce(reasons && ${texts(refusalReasons)}, false)`;

/** The condition that the gateway refused a request to a cluster which has ended: what `resultOf` says, on columns. */
export const isRefused = `(not ${isAllowed} or (not (${isOk}) and ${hasReason}))`;
/** The condition that a request to a cluster failed, or that the cluster denied it. */
export const isFailed = `(${isAllowed} and not (${isOk}) and not ${hasReason})`;

/** The condition that an event is the end of a request. */
const isEnd = `type = 'k8s.request' and stage in ('ResponseComplete', 'Panic')`;

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

/**
 * Returns the statement that counts what was done under each elevation, among the events in a table, by hour (UTC), verb
 * and resource: requests that ended, and streams that were opened. Every second value of the column `elevation` is an id.
 */
export const countUses = (table: string): string => `insert into audit_elevation_uses
    (hour, key, elevation, issuer, subject, username, cluster, resource, verb, requests, refused, failed, streams)
  select hour, md5(jsonb_build_array(elevation, issuer, subject, username, cluster, resource, verb)::text)::uuid,
    elevation, issuer, subject, username, cluster, resource, verb, requests, refused, failed, streams
  from (
    select date_trunc('hour', time, 'UTC') as hour, used.id as elevation, coalesce(issuer, '') as issuer,
      coalesce(subject, '') as subject, coalesce(username, '') as username, coalesce(cluster, '') as cluster,
      concat_ws('/', coalesce(resource, ''), subresource) as resource, coalesce(verb, '') as verb,
      count(*) filter (where type = 'k8s.request') as requests,
      count(*) filter (where type = 'k8s.request' and ${isRefused}) as refused,
      count(*) filter (where type = 'k8s.request' and ${isFailed}) as failed,
      count(*) filter (where type = 'stream.opened') as streams
    from ${table} cross join lateral unnest(elevation) with ordinality as used (id, position)
    where elevation is not null and position % 2 = 1 and (${isEnd} or type = 'stream.opened')
    group by 1, 2, 3, 4, 5, 6, 7, 8
  ) as used
  on conflict (hour, key) do update set requests = audit_elevation_uses.requests + excluded.requests,
    refused = audit_elevation_uses.refused + excluded.refused, failed = audit_elevation_uses.failed + excluded.failed,
    streams = audit_elevation_uses.streams + excluded.streams`;

/** The migration that creates the table of uses, and counts those in the events that are there. */
export const useTables = `create table audit_elevation_uses (
    hour timestamptz not null,
    key uuid not null,
    elevation text not null,
    issuer text not null,
    subject text not null,
    username text not null,
    cluster text not null,
    resource text not null,
    verb text not null,
    requests bigint not null,
    refused bigint not null,
    failed bigint not null,
    streams bigint not null,
    primary key (hour, key)
  );
  ${countUses('audit_events')};`;
