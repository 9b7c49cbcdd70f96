import { randomUUID } from 'node:crypto';
import { auditKey, createAuditRecord, type AuditSink } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { createWarnOnce, runEvery, type Logger } from '@sallyport/kit';
import { createCurrency } from '../events/trail-currency.ts';
import { findUnseen } from './find-unseen.ts';
import type { JoinMetrics } from './join-metrics.ts';
import type { JoinStore, OpenAlert } from './join-store.ts';
import { judgeEvents, type JoinedCluster } from './judge-events.ts';

export type LiveJoinDeps = {
  clusters: readonly JoinedCluster[];
  join: JoinStore;
  /** Publishes alerts. It has no spool: the database keeps what is not published yet. */
  sink: Pick<AuditSink, 'enqueue' | 'hasRoom'>;
  logger: Logger;
  metrics: JoinMetrics;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Throws while the events of the trail cannot be read. */
  checkTrail(): void;
  /** How often events are compared, in milliseconds. The default is two seconds. */
  stepMs?: number;
};

/** Compares the clusters' own events with the trail as both arrive. */
export type LiveJoin = {
  /** Notes events of the trail that were stored. */
  stored(records: readonly AuditRecord[]): void;
  close(): Promise<void>;
};

/** The gateway's event of a request is usually stored within a second of the request. */
const longestWaitMs = 30_000;
/** Similar findings of this time become at most two events. */
const periodMs = 300_000;
/** An alert that did not come back by then is published by another replica. */
const publishAgainMs = 120_000;
const leaseMs = 20_000;
/** How long one step may judge before it publishes what it found. */
const budgetMs = 5000;
const rememberMs = 7 * dayMs;
const housekeepingSteps = 300;
const mostRemembered = 10_000;

/** Publishes alerts, each once in this process. */
function createPublisher({ join, sink, now, logger }: LiveJoinDeps) {
  const handedOver = new Set<string>();
  return async (): Promise<void> => {
    const at = now();
    for (const alert of await join.claimAlerts(at, at - publishAgainMs, at - periodMs - longestWaitMs)) {
      if (handedOver.has(alert.id) || !sink.hasRoom()) continue;
      handedOver.add(alert.id);
      if (handedOver.size > mostRemembered) handedOver.delete(handedOver.values().next().value!);
      const { kind, auditID, user, verb, resource } = alert.finding;
      logger.warn(
        { cluster: alert.cluster, kind, auditID, user, verb, resource, count: alert.count },
        "the cluster's own audit events and the audit trail disagree",
      );
      sink.enqueue(alertRecord(alert));
    }
  };
}

/** Starts to compare. One replica at a time does. If the database is down, it tries again. */
export function startLiveJoin(deps: LiveJoinDeps): LiveJoin {
  const { clusters, join, now, stepMs = 2000 } = deps;
  const outage = createWarnOnce(deps.logger, { failed: "cannot compare the clusters' audit events; retrying" });
  const waitOf = ({ grace }: JoinedCluster) => Math.min(longestWaitMs, grace);
  const currency = createCurrency(deps, Math.min(longestWaitMs, ...clusters.map(waitOf)));
  const publish = createPublisher(deps);
  const holder = randomUUID();
  let isClosed = false;
  let steps = 0;

  const step = async (): Promise<void> => {
    if (!(await join.lease(holder, leaseMs))) return;
    const end = now() + budgetMs;
    const period = new Date(Math.floor(now() / periodMs) * periodMs).toISOString();
    const canAccuse = currency.isCurrent();
    for (const cluster of clusters) {
      const settings = { waitMs: waitOf(cluster), canAccuse, period };
      while (!isClosed && (await judgeEvents(deps, cluster, settings)) && now() < end);
    }
    while (!isClosed && (await findUnseen(deps, clusters, period)) && now() < end);
    await publish();
    if ((steps += 1) % housekeepingSteps === 0) await join.forget(now() - rememberMs);
  };
  const turn = async (): Promise<void> => {
    try {
      await step();
      outage.recovered();
    } catch (error) {
      outage.failed({ reason: (error as Error).message });
    }
  };
  const turns = runEvery(stepMs, turn);
  return {
    stored(records) {
      if (records.length === 0) return;
      currency.stored(records);
      const told = records.filter(({ type }) => type === 'audit.alert').map(({ id }) => id);
      if (told.length > 0) void join.markTold(told).catch(() => undefined);
    },
    async close() {
      isClosed = true;
      await turns.close();
      await join.release(holder).catch(() => undefined);
    },
  };
}

/**
 * Creates the event of an alert. Its id and time are those of the alert, so that it is in the trail once however often it
 * is published.
 */
function alertRecord({ id, at, cluster, finding, count, first, last }: OpenAlert): AuditRecord {
  const { user, sourceIPs, code } = finding;
  return createAuditRecord(
    {
      type: 'audit.alert',
      source: 'sallyport/audit',
      key: auditKey(cluster, undefined),
      data: {
        // The request's own ID would make this one of its events.
        auditID: id,
        stage: 'ResponseComplete',
        requestURI: '',
        verb: 'report',
        user: user === '' ? {} : { username: user },
        ...(code === undefined ? {} : { responseStatus: { code } }),
        ...(sourceIPs ? { sourceIPs } : {}),
        sallyport: {
          cluster: { id: cluster, name: cluster },
          alert: {
            ...finding,
            ...(count === 1 ? {} : { count, firstTimestamp: first, lastTimestamp: last }),
          },
        },
      },
    },
    { now: () => at, randomId: () => id },
  );
}
