import type { ClusterEvent, Finding } from '@sallyport/audit-join';
import type { Row, Statement } from '../database/sql-database.ts';
import type { StoreDatabase } from '../events/store-database.ts';
import * as sql from './join-statements.ts';
import { storedKind } from './join-statements.ts';
import type { JoinStore, OpenAlert } from './join-store.ts';

const moment = (ms: number) => new Date(ms).toISOString();

function toAlert({ id, at, cluster, finding, count, first, last }: Row): OpenAlert {
  return {
    id: String(id),
    at: Number(at),
    cluster: String(cluster),
    finding: JSON.parse(String(finding)) as Finding,
    count: Number(count),
    first: String(first),
    last: String(last),
  };
}

type Query = (statement: Statement) => Promise<Row[]>;
type Reads = 'open' | 'gatewayEvents' | 'arrivals' | 'gatewayAccounts' | 'unseen' | 'recordedKinds' | 'seenSince';

function createReads(query: Query): Pick<JoinStore, Reads> {
  return {
    open: async (cluster, limit) =>
      (await query(sql.openEvents(cluster, limit))).map((row) => ({
        time: String(row.time),
        received: String(row.received),
        auditId: String(row.audit_id),
        stage: String(row.stage),
        ageMs: Number(row.age),
        event: JSON.parse(String(row.data)) as ClusterEvent,
      })),
    gatewayEvents: async (cluster, auditIds, which) =>
      (await query(sql.gatewayEvents(cluster, auditIds, which))).map(({ audit_id: id, data }) => ({
        auditId: String(id),
        data: JSON.parse(String(data)) as unknown,
      })),
    arrivals: async (cluster, auditIds) =>
      (await query(sql.arrivals(cluster, auditIds))).map(({ audit_id: id, received, verdict }) => ({
        auditId: String(id),
        received: String(received),
        isJudged: Number(verdict) > 0,
        isFound: Number(verdict) === 2,
      })),
    async gatewayAccounts(cluster) {
      const rows = await query(sql.gatewayAccounts(cluster));
      const current = rows.find((row) => row.current === true);
      return {
        known: rows.map(({ account }) => String(account)),
        ...(current ? { current: String(current.account) } : {}),
      };
    },
    async unseen(clusters, endedBefore, limit) {
      const rows = await query(sql.unseenRequests(clusters, endedBefore, limit));
      const { begun = null, ended = null } = rows[0] ?? {};
      if (begun === null || ended === null) return undefined;
      const requests = rows
        .filter(({ data }) => typeof data === 'string')
        .map(({ cluster, data }) => ({ cluster: String(cluster), data: JSON.parse(String(data)) as unknown }));
      return { from: Number(begun), upto: Number(ended), requests };
    },
    async recordedKinds(cluster, kinds) {
      const rows = await query({
        sql: 'select kind from audit_cluster_kinds where cluster = $1 and kind = any ($2::text[])',
        values: [cluster, kinds.map(storedKind)],
      });
      const recorded = new Set(rows.map(({ kind }) => String(kind)));
      return new Set(kinds.filter((kind) => recorded.has(storedKind(kind))));
    },
    async seenSince(cluster) {
      const [row] = await query({
        sql: 'select (extract(epoch from since) * 1000)::float8 as since from audit_cluster_seen where cluster = $1',
        values: [cluster],
      });
      return row && Number(row.since);
    },
  };
}

/** Creates the state of the comparison, next to the events. */
export function createSqlJoinStore(database: StoreDatabase): JoinStore {
  const query: Query = (statement) => database.using(() => database.query(statement));
  const run = async (statements: readonly Statement[]) =>
    void (await database.using(() => database.transaction(statements)));
  return {
    ...createReads(query),
    lease: async (holder, forMs) => (await query(sql.leaseStatement(holder, forMs))).length === 1,
    async release(holder) {
      await query(sql.releaseStatement(holder));
    },
    folds: async (cluster, period) =>
      (
        await query({
          sql: 'select kind, fold from audit_alerts where cluster = $1 and period = $2',
          values: [cluster, period],
        })
      ).map(({ kind, fold }) => ({ kind: String(kind), fold: String(fold) })),
    record: (cluster, { verdicts, alerts, period, kinds, accounts }) =>
      run([
        sql.recordVerdicts(cluster, verdicts, alerts, period),
        ...(kinds.length > 0 ? [sql.learnKinds(cluster, kinds)] : []),
        ...(accounts.size > 0 ? [sql.learnAccounts(cluster, accounts)] : []),
      ]),
    recordMissing: ({ from, upto }, alerts, period) => run([sql.recordUnseen(from, upto, alerts, period)]),
    async claimAlerts(now, claimedBefore, endedBefore) {
      const [at, before] = [moment(now), moment(claimedBefore)];
      const first = await query(sql.claimFirst(at, before));
      return [...first, ...(await query(sql.claimRest(at, before, moment(endedBefore))))].map(toAlert);
    },
    async markTold(ids) {
      await query(sql.markTold(ids));
    },
    forget: (before) => run(sql.forgetStatements(moment(before))),
  };
}
