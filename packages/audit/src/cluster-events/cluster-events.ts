import { hash } from 'node:crypto';
import type { ClusterEvent } from '@sallyport/audit-join';
import type { Row, Statement } from '../database/sql-database.ts';
import { searchable } from '../events/event-row.ts';
import { openStatement, partitionOf } from '../events/partitions.ts';
import type { StoreDatabase } from '../events/store-database.ts';
import { lockStatement } from '../schema/migrations.ts';

/** An event of a cluster's own audit log, as it is stored. `data` is JSON without bodies and credentials. */
export type ReceivedEvent = {
  event: ClusterEvent;
  /**
   * The event is stored whatever else is known. Others are stored only if the gateway sent the request, or if an
   * account did that is known as its own.
   */
  keep: boolean;
};

/** The clusters' own audit events, in the same database as the trail. */
export interface ClusterEventStore {
  /**
   * Stores the events of a cluster that are not stored yet, all or none. Rejects with `service-unavailable` while the
   * database is down.
   */
  add(cluster: string, events: readonly ReceivedEvent[]): Promise<void>;
  /** Returns the cluster's events under an audit ID, in their order. */
  find(auditId: string): Promise<{ cluster: string; event: ClusterEvent }[]>;
}

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

/** Creates the store of the clusters' own events. */
export function createClusterEventStore(database: StoreDatabase): ClusterEventStore {
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
      database.using(async () => {
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
      database.using(async () => {
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
