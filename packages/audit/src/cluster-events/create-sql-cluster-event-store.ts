import { hash } from 'node:crypto';
import type { ClusterEvent } from '@sallyport/audit-join';
import { searchable } from '../store/event-row.ts';
import { openStatement } from '../store/insert-statements.ts';
import { lockStatement } from '../store/migrations.ts';
import { partitionOf } from '../store/partition.ts';
import type { Row, SqlDatabase, Statement } from '../store/sql-database.ts';
import type { Using } from '../proof/create-sql-proof-store.ts';
import type { ClusterEventStore, ReceivedEvent } from './cluster-event-store.ts';

const table = 'audit_cluster_events';

/** Returns an audit ID in a form that the database can hold. One that the API server would not accept is hashed. */
const idOf = (auditId: string): string =>
  /^[\x21-\x7e]{1,64}$/.test(auditId) ? auditId : `sha256:${hash('sha256', auditId, 'hex').slice(0, 56)}`;

function toRow({ event, keep }: ReceivedEvent): Row {
  return {
    time: event.stageTimestamp,
    received: event.requestReceivedTimestamp,
    audit_id: idOf(event.auditID),
    stage: event.stage,
    account: searchable(event.user.username),
    keep,
    data: JSON.stringify(event),
  };
}

/** Reports whether an error of the database is about a value. Class 23 is not: it includes a partition that is missing. */
const isOfData = (error: unknown): boolean => /^(?:22|54)...$/.test(String((error as { code?: unknown }).code));

/** How far back the gateway may have sent the request of an event whose user is ignored. */
const knownWithin = `interval '1 day'`;

function insertStatement(cluster: string, events: readonly ReceivedEvent[]): Statement {
  const sql = `with given as (
      select * from json_to_recordset($1::json)
        as given(time timestamptz, received timestamptz, audit_id text, stage text, account text, keep boolean, data text)
    ), wanted as (
      select * from given where keep
        or account in (select account from audit_cluster_accounts where cluster = $2)
        or audit_id in (select audit_events.audit_id from audit_events
          where audit_events.audit_id in (select audit_id from given where not keep)
            and audit_events.time > now() - ${knownWithin} and audit_events.cluster = $2)
    )
    insert into ${table} (time, received, cluster, audit_id, stage, data)
    select time, received, $2, audit_id, stage, data from wanted on conflict do nothing`;
  return { sql, values: [JSON.stringify(events.map(toRow)), cluster] };
}

const seenStatement = (cluster: string): Statement => ({
  sql: `insert into audit_cluster_seen (cluster, since, last) values ($1, now(), now())
    on conflict (cluster) do update set last = now()`,
  values: [cluster],
});

/** Creates the store of the clusters' own events. `using` runs work once the schema is migrated. */
export function createSqlClusterEventStore(database: SqlDatabase, using: Using): ClusterEventStore {
  /** Partitions that exist. Retention drops them only when nothing is stored in them any more. */
  const opened = new Set<string>();
  const open = async (events: readonly ReceivedEvent[]) => {
    const found = new Map(
      events
        .map(({ event }) => partitionOf(new Date(event.stageTimestamp).toISOString()))
        .map((one) => [one.name, one]),
    );
    const fresh = [...found.values()].filter(({ name }) => !opened.has(name));
    if (fresh.length === 0) return;
    await database.transaction([lockStatement, openStatement(fresh, [table])]);
    for (const { name } of fresh) opened.add(name);
  };
  return {
    add: (cluster, events) =>
      using(async () => {
        if (events.length === 0) return;
        await open(events);
        try {
          await database.transaction([insertStatement(cluster, events), seenStatement(cluster)]);
        } catch (error) {
          // Otherwise events that the database can never hold would take the lock of the writers as often as they are tried.
          if (!isOfData(error)) opened.clear();
          throw error;
        }
      }, true),
    find: (auditId) =>
      using(async () => {
        const rows = await database.query({
          sql: `select cluster, data from ${table} where audit_id = $1 order by time, received limit 100`,
          values: [idOf(auditId)],
        });
        return rows.map(({ cluster, data }) => ({
          cluster: String(cluster),
          event: JSON.parse(String(data)) as ClusterEvent,
        }));
      }),
  };
}
