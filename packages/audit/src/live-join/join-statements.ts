import { hash } from 'node:crypto';
import type { AuditEventType } from '@sallyport/contracts';
import type { Statement } from '../database/sql-database.ts';
import { searchable } from '../events/event-row.ts';
import type { NewAlert, Verdict } from './join-store.ts';

/**
 * Returns a kind of request in a form that the database can hold and index. Its names come from the path of the request,
 * and a client may choose any: one that is too long, or that has other characters, is hashed.
 */
export const storedKind = (kind: string): string =>
  searchable(kind) === kind ? kind : `sha256:${hash('sha256', kind, 'hex')}`;

const text = (column: string, name: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${name}`;
const milliseconds = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;

/** Takes the lease, or keeps it. At the first time, requests from before are not searched for. */
export const leaseStatement = (holder: string, forMs: number): Statement => ({
  sql: `insert into audit_join_state (ingest, holder, until)
    values (coalesce((select max(ingest) from audit_events), 0), $1, now() + $2 * interval '1 millisecond')
    on conflict (single) do update set holder = excluded.holder, until = excluded.until
      where audit_join_state.holder = excluded.holder or audit_join_state.until < now()
    returning holder`,
  values: [holder, forMs],
});

export const releaseStatement = (holder: string): Statement => ({
  sql: `update audit_join_state set until = '-infinity' where holder = $1`,
  values: [holder],
});

export const openEvents = (cluster: string, limit: number): Statement => ({
  sql: `select ${text('time', 'time')}, ${text('received', 'received')}, audit_id, stage, data,
      ${milliseconds('now() - stored')} as age
    from audit_cluster_events where cluster = $1 and verdict = 0 order by stored limit $2`,
  values: [cluster, limit],
});

export const gatewayEvents = (
  cluster: string,
  ids: readonly string[],
  { type, since }: { type: AuditEventType; since: string },
): Statement => ({
  sql: `select audit_id, data from audit_events
    where audit_id = any ($1::text[]) and cluster = $2 and type = $4 and time >= $3 order by ingest`,
  values: [ids, cluster, since, type],
});

export const arrivals = (cluster: string, ids: readonly string[]): Statement => ({
  sql: `select audit_id, ${text('received', 'received')}, max(verdict) as verdict from audit_cluster_events
    where audit_id = any ($1::text[]) and cluster = $2 and time > now() - interval '7 days'
    group by audit_id, audit_cluster_events.received`,
  values: [ids, cluster],
});

/** Returns the accounts, first the one that sent most. One that sent nothing for an hour is not current any more. */
export const gatewayAccounts = (cluster: string): Statement => ({
  sql: `select account, last > now() - interval '1 hour' as current from audit_cluster_accounts where cluster = $1
    order by matched desc, account`,
  values: [cluster],
});

const alertColumns = 'cluster, kind, fold, period, count, finding, first_time, last_time';
const onKnownAlert = `on conflict (cluster, kind, fold, period) do update set count = audit_alerts.count + excluded.count,
  first_time = least(audit_alerts.first_time, excluded.first_time),
  last_time = greatest(audit_alerts.last_time, excluded.last_time)`;
const alertType =
  'given(key text, cluster text, kind text, fold text, count bigint, finding text, first_time timestamptz, last_time timestamptz)';

/** The times of similar findings, as far as one of them tells. */
const alertRows = (alerts: readonly NewAlert[]) =>
  JSON.stringify(
    alerts.map(({ finding, ...alert }) => ({
      ...alert,
      finding: JSON.stringify(finding),
      first_time: finding.time,
      last_time: finding.time,
    })),
  );

/** Records verdicts. Only an event that had none yet is counted in its alert. */
export function recordVerdicts(
  cluster: string,
  verdicts: readonly Verdict[],
  alerts: readonly NewAlert[],
  period: string,
): Statement {
  const times = verdicts.map(({ time }) => time).toSorted();
  const rows = verdicts.map(({ time, received, auditId, stage, isFound, alert }) => ({
    time,
    received,
    audit_id: auditId,
    stage,
    verdict: isFound ? 2 : 1,
    alert: alert ?? null,
  }));
  return {
    sql: `with given as (
        select * from json_to_recordset($1::json)
          as given(time timestamptz, received timestamptz, audit_id text, stage text, verdict smallint, alert text)
      ), judged as (
        update audit_cluster_events as events set verdict = given.verdict from given
        where events.time >= $2 and events.time <= $3 and events.cluster = $4 and events.verdict = 0
          and events.time = given.time and events.received = given.received
          and events.audit_id = given.audit_id and events.stage = given.stage
        returning given.alert
      ), counted as (
        select alert, count(*) as events from judged where alert is not null group by alert
      )
      insert into audit_alerts (${alertColumns})
      select given.cluster, kind, fold, $5, counted.events, finding, first_time, last_time
      from json_to_recordset($6::json) as ${alertType} join counted on counted.alert = given.key
      ${onKnownAlert}`,
    values: [JSON.stringify(rows), times[0], times.at(-1), cluster, period, alertRows(alerts)],
  };
}

export const learnKinds = (cluster: string, kinds: readonly string[]): Statement => ({
  sql: `insert into audit_cluster_kinds (cluster, kind, last)
    select $1, value, now() from json_array_elements_text($2::json)
    on conflict (cluster, kind) do update set last = excluded.last`,
  values: [cluster, JSON.stringify([...new Set(kinds.map(storedKind))])],
});

export const learnAccounts = (cluster: string, accounts: ReadonlyMap<string, number>): Statement => ({
  sql: `insert into audit_cluster_accounts (cluster, account, matched, last)
    select $1, account, sum(matched), now() from json_to_recordset($2::json) as given(account text, matched bigint)
    group by account
    on conflict (cluster, account) do update set last = excluded.last, matched = excluded.matched +
      case when audit_cluster_accounts.last < now() - interval '1 hour' then 0 else audit_cluster_accounts.matched end`,
  values: [
    cluster,
    JSON.stringify([...accounts].map(([account, matched]) => ({ account: searchable(account), matched }))),
  ],
});

/**
 * Returns the requests without an event of their cluster, in the next part of the trail. It ends before the first event
 * that is too young to say. An event from the future has a wrong clock, and does not stop the search.
 */
export const unseenRequests = (clusters: readonly string[], endedBefore: string, limit: number): Statement => ({
  sql: `with state as (
      select ingest from audit_join_state
    ), next as materialized (
      select ingest, time, cluster, audit_id, type, stage from audit_events
      where ingest > (select ingest from state) order by ingest limit ${limit}
    ), ripe as (
      select * from next where ingest < coalesce(
        (select min(ingest) from next where time > $1 and time < now() + interval '1 hour'), 9223372036854775807)
    ), unseen as (
      select ripe.ingest as place, ripe.time from ripe
      where type = 'k8s.request' and stage = 'ResponseComplete' and cluster = any ($2::text[])
        and not exists (select from audit_cluster_events as theirs
          where theirs.audit_id = ripe.audit_id and theirs.cluster = ripe.cluster)
    )
    select (select ingest from state) as begun, (select max(ingest) from ripe) as ended, events.cluster, events.data
    from (select 1) as one left join (unseen join audit_events as events
      on events.time = unseen.time and events.ingest = unseen.place) on true`,
  values: [endedBefore, clusters],
});

/** Moves the search on, and counts what is missing if no other replica moved it. */
export const recordUnseen = (from: number, upto: number, alerts: readonly NewAlert[], period: string): Statement => ({
  sql: `with moved as (
      update audit_join_state set ingest = $2 where ingest = $1 returning 1
    )
    insert into audit_alerts (${alertColumns})
    select cluster, kind, fold, $3, count, finding, first_time, last_time
    from json_to_recordset($4::json) as ${alertType} where exists (select from moved)
    ${onKnownAlert}`,
  values: [from, upto, period, alertRows(alerts)],
});

const claimed = (part: 'first' | 'rest') =>
  `returning cluster, finding, ${part}_id as id, ${part}_count as count, ${milliseconds(`${part}_at`)} as at,
    ${text('first_time', 'first')}, ${text('last_time', 'last')}`;

/** Claims new alerts. What is found later in the period is told at its end. */
export const claimFirst = (now: string, claimedBefore: string): Statement => ({
  sql: `update audit_alerts set claimed = $1, first_at = coalesce(first_at, $1), first_count = coalesce(first_count, count)
    where not first_told and (claimed is null or claimed <= $2) ${claimed('first')}`,
  values: [now, claimedBefore],
});

/** Claims the rest of alerts whose period has ended. */
export const claimRest = (now: string, claimedBefore: string, endedBefore: string): Statement => ({
  sql: `update audit_alerts set claimed = $1, rest_at = coalesce(rest_at, $1),
      rest_count = coalesce(rest_count, count - first_count)
    where first_told and not rest_told and period <= $3 and count > first_count and (rest_at is null or claimed <= $2)
    ${claimed('rest')}`,
  values: [now, claimedBefore, endedBefore],
});

export const markTold = (ids: readonly string[]): Statement => ({
  sql: `update audit_alerts set first_told = first_told or first_id = any ($1::text[]),
      rest_told = rest_told or rest_id = any ($1::text[])
    where first_id = any ($1::text[]) or rest_id = any ($1::text[])`,
  values: [ids],
});

/**
 * An account is forgotten only if another one took its place: in a cluster that no one uses, a stolen credential of the
 * gateway must still be told from those of the cluster's components.
 */
export const forgetStatements = (before: string): Statement[] =>
  [
    'delete from audit_alerts where period < $1 and first_told and (rest_told or count = first_count)',
    'delete from audit_cluster_kinds where last < $1',
    `delete from audit_cluster_accounts as old where last < $1 and exists (
      select from audit_cluster_accounts as other where other.cluster = old.cluster and other.last >= $1)`,
  ].map((sql) => ({ sql, values: [before] }));
