import { addCountedVisible, hoursOf } from '../report/count-requests.ts';
import type { OnlyOf } from '../store/audit-store.ts';
import { Conditions } from '../store/conditions.ts';
import { searchable } from '../store/event-row.ts';
import type { SqlDatabase } from '../store/sql-database.ts';
import type { ElevationUse, UsesQuery } from './elevation-use.ts';

const timeoutMs = 30_000;
/** More than elevations and kinds of requests are in any period that people read about. */
const mostUses = 50_000;

/** Finds what was done under elevations in the whole hours of a period, among what a person may see. */
export async function findUses(
  database: SqlDatabase,
  query: UsesQuery,
  only: OnlyOf | undefined,
): Promise<ElevationUse[]> {
  const conditions = new Conditions();
  const { since, until } = hoursOf(query);
  conditions.add('hour >=', since);
  conditions.add('hour <', until);
  conditions.add('username =', query.user === undefined ? undefined : searchable(query.user));
  conditions.add('cluster =', query.cluster === undefined ? undefined : searchable(query.cluster));
  if (only) addCountedVisible(conditions, only);
  const [, rows = []] = await database.transaction([
    { sql: `set local statement_timeout = ${timeoutMs}` },
    {
      sql: `select elevation, username, cluster, verb, resource, sum(requests)::text as requests,
        sum(refused)::text as refused, sum(failed)::text as failed, sum(streams)::text as streams
        from audit_elevation_uses${conditions.where} group by 1, 2, 3, 4, 5
        order by sum(audit_elevation_uses.requests) desc, 1, 4, 5 limit ${mostUses}`,
      values: conditions.values,
      timeoutMs: timeoutMs + 1000,
    },
  ]);
  return rows.map((row) => ({
    elevation: String(row.elevation),
    user: String(row.username),
    cluster: String(row.cluster),
    verb: String(row.verb),
    resource: String(row.resource),
    requests: Number(row.requests),
    refused: Number(row.refused),
    failed: Number(row.failed),
    streams: Number(row.streams),
  }));
}
