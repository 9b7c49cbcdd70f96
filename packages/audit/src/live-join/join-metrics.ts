import type { FindingKind } from '@sallyport/audit-join';
import type { Metrics } from '@sallyport/kit';
import { Counter } from 'prom-client';

/** The metrics of the comparison. */
export type JoinMetrics = { found(cluster: string, kind: FindingKind, count: number): void };

/** Registers the metrics of the comparison: findings by cluster and kind. */
export function createJoinMetrics(metrics: Metrics | undefined): JoinMetrics {
  const findings = new Counter({
    name: 'sallyport_audit_join_findings_total',
    help: "Requests about which the clusters' own audit events and the audit trail disagree, by kind",
    labelNames: ['cluster', 'kind'],
    registers: metrics ? [metrics] : [],
  });
  return { found: (cluster, kind, count) => findings.inc({ cluster, kind }, count) };
}
