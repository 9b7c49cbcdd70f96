import type { SqlDatabase, Statement } from '../database/sql-database.ts';
import { lockStatement } from '../schema/migrations.ts';
import type { Bounds } from './event-store.ts';
import { dropStatement, heldDays, isExpired, isHeld, listStatement, readListed, type Held } from './partitions.ts';

const anonymous = 'exists (select from audit_aggregates where audit_aggregates.ingest = audit_events.ingest)';

/**
 * Returns statements that delete the oldest events out of bounds in number, at most `limit` each, and return their
 * number. The clusters' own events are bounded like those of the trail. Events in a held range neither count nor go.
 */
function trimStatements(
  { keep, keepAnonymous, keepPlaces }: Bounds,
  held: readonly Held[],
  limit: number,
): Statement[] {
  const free = (times: string) =>
    `not exists (select from json_to_recordset($2::json) as held(from_time timestamptz, until_time timestamptz) where ${times} >= from_time and ${times} < until_time)`;
  const ranges = JSON.stringify(held.map(({ from, until }) => ({ from_time: from, until_time: until })));
  const removed = (gone: string) => `with gone as (${gone} returning 1) select count(*) as count from gone`;
  const named = `not ${anonymous} and ${free('time')}`;
  const beyondKeep = removed(`delete from audit_events where (time, ingest) in (select time, ingest from audit_events
    where ingest <= (select ingest from audit_events where ${named} order by ingest desc offset $1 limit 1) and ${named}
    order by ingest limit ${limit})`);
  const beyondAnonymous = `with old as (
      select event_time, ingest from audit_aggregates where ${free('event_time')}
        and ingest <= (select ingest from audit_aggregates where ${free('event_time')} order by ingest desc offset $1 limit 1)
      order by ingest limit ${limit}
    ), forgotten as (
      delete from audit_aggregates where ingest in (select ingest from old)
    ), gone as (
      delete from audit_events where (time, ingest) in (select event_time, ingest from old) returning 1
    ) select count(*) as count from gone`;
  const beyondPlaces = `with gone as (
      delete from audit_folded where (time, place) in (select time, place from audit_folded
        where place <= (select place from audit_folded where ${free('time')} order by place desc offset $1 limit 1) and ${free('time')}
        order by place limit ${limit}) returning time
    ), noted as (
      insert into audit_places_forgotten (time) select max(time) from gone having count(*) > 0
      on conflict (single) do update set time = greatest(audit_places_forgotten.time, excluded.time)
    ) select count(*) as count from gone`;
  const ofClusters = removed(`delete from audit_cluster_events where (time, cluster, audit_id, stage, received) in (
      select time, cluster, audit_id, stage, received from audit_cluster_events
      where time <= (select time from audit_cluster_events where ${free('time')} order by time desc offset $1 limit 1)
        and ${free('time')} order by time limit ${limit})`);
  return [
    ...(keep === undefined ? [] : [{ sql: beyondKeep, values: [keep, ranges] }]),
    ...(keep === undefined ? [] : [{ sql: ofClusters, values: [keep, ranges] }]),
    ...(keepAnonymous === undefined ? [] : [{ sql: beyondAnonymous, values: [keepAnonymous, ranges] }]),
    ...(keepPlaces === undefined ? [] : [{ sql: beyondPlaces, values: [keepPlaces, ranges] }]),
  ];
}

/** Returns the statement that deletes all but the latest ids of aggregated events, and records up to when. */
function forgetStatement(rememberIds: number): Statement {
  const sql = `with gone as (
      delete from audit_counted where place <= (select place from audit_counted order by place desc offset $1 limit 1) returning time
    )
    insert into audit_forgotten (time) select max(time) from gone having count(*) > 0
    on conflict (single) do update set time = greatest(audit_forgotten.time, excluded.time)`;
  return { sql, values: [rememberIds] };
}

/** Rows deleted at a time, so that other writers do not wait long for the lock. */
const trimStep = 5000;

/** Deletes what is out of bounds: whole partitions by age, rows by number. Resolves to the number of deleted events. */
export async function trimStore(database: SqlDatabase, bounds: Bounds): Promise<number> {
  const { before, rememberIds, holds = [] } = bounds;
  let total = 0;
  // Under the lock of the writers, because they replace an aggregated event while its count grows.
  const locked = async (statement: Statement) => (await database.transaction([lockStatement, statement]))[1];
  if (before !== undefined) {
    const listed = (await database.query(listStatement)).flatMap(readListed);
    const expired = listed.filter((one) => isExpired(one, before, Date.now()) && !isHeld(one.partition, holds));
    for (const { partition, events } of expired) {
      await locked(dropStatement(partition));
      total += events;
    }
  }
  for (const statement of trimStatements(bounds, heldDays(holds), trimStep)) {
    for (let count = trimStep; count === trimStep; total += count)
      count = Number((await locked(statement))?.[0]?.count ?? 0);
  }
  if (rememberIds !== undefined) await locked(forgetStatement(rememberIds));
  return total;
}
