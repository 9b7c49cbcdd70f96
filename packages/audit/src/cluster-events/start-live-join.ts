import { randomUUID } from 'node:crypto';
import type { AuditRecord } from '@sallyport/contracts';
import { createWarnOnce } from '@sallyport/kit';
import { alertRecord } from './alert-record.ts';
import { findUnseen } from './find-unseen.ts';
import { judgeEvents } from './judge-events.ts';
import type { JoinedCluster, LiveJoinDeps } from './live-join-deps.ts';

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
const rememberMs = 7 * 24 * 3_600_000;
const housekeepingSteps = 300;
const mostRemembered = 10_000;

/** Creates what knows whether the trail is up to date: nothing about it failed, and nothing old arrived, for a while. */
function createCurrency({ now, checkTrail }: Pick<LiveJoinDeps, 'now' | 'checkTrail'>, waitMs: number) {
  let behindAt = now();
  return {
    isCurrent(): boolean {
      try {
        checkTrail();
      } catch {
        behindAt = now();
      }
      return now() - behindAt >= waitMs;
    },
    stored(records: readonly AuditRecord[]) {
      const newest = Math.max(...records.map(({ time }) => Date.parse(time)));
      if (now() - newest > waitMs / 2) behindAt = now();
    },
  };
}

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
  let [running, isClosed, steps]: [Promise<void> | undefined, boolean, number] = [undefined, false, 0];

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
  const timer = setInterval(() => {
    running ??= turn().finally(() => (running = undefined));
  }, stepMs);
  timer.unref();
  return {
    stored(records) {
      if (records.length === 0) return;
      currency.stored(records);
      const told = records.filter(({ type }) => type === 'audit.alert').map(({ id }) => id);
      if (told.length > 0) void join.markTold(told).catch(() => undefined);
    },
    async close() {
      isClosed = true;
      clearInterval(timer);
      await running;
      await join.release(holder).catch(() => undefined);
    },
  };
}
