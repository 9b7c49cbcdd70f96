import { isEnd } from '../report/count-tables.ts';
import { isFailed, isRefused } from '../store/result-conditions.ts';

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
