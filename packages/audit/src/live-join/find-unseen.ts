import { describeSent } from '@sallyport/audit-join';
import { createFindingFolder } from './fold-findings.ts';
import type { JoinMetrics } from './join-metrics.ts';
import type { JoinStore, NewAlert } from './join-store.ts';
import type { JoinedCluster } from './judge-events.ts';

/** How many events of the trail are searched at a time. */
const batch = 5000;

/**
 * Finds the gateway's next requests of which a cluster should have sent an event, and did not. Only kinds of requests count
 * that the cluster has recorded before, because its audit policy may leave out others. Returns whether there may be more.
 */
export async function findUnseen(
  { join, metrics, now }: { join: JoinStore; metrics: JoinMetrics; now: () => number },
  clusters: readonly JoinedCluster[],
  period: string,
): Promise<boolean> {
  const graceMs = Math.max(...clusters.map(({ grace }) => grace));
  const names = clusters.map(({ name }) => name);
  const unseen = await join.unseen(names, new Date(now() - graceMs).toISOString(), batch);
  if (!unseen) return false;
  const alerts: NewAlert[] = [];
  for (const [name, requests] of Map.groupBy(unseen.requests, ({ cluster }) => cluster)) {
    const since = await join.seenSince(name);
    const sent = requests
      .flatMap(({ data }) => describeSent(data, name) ?? [])
      .filter(({ finding }) => since !== undefined && Date.parse(finding.time) > since);
    if (sent.length === 0) continue;
    const recorded = await join.recordedKinds(name, [...new Set(sent.map(({ kind }) => kind))]);
    const missing = sent.filter(({ kind }) => recorded.has(kind));
    if (missing.length === 0) continue;
    const folder = createFindingFolder(name, await join.folds(name, period));
    for (const { finding } of missing) folder.add(finding);
    metrics.found(name, 'missing-in-cluster-log', missing.length);
    alerts.push(...folder.alerts());
  }
  await join.recordMissing(unseen, alerts, period);
  return unseen.upto - unseen.from >= batch;
}
