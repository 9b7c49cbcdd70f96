import type { AuditSink } from '@sallyport/audit-log';
import type { Logger } from '@sallyport/kit';
import type { Webhook } from './find-webhook.ts';
import type { JoinMetrics } from './join-metrics.ts';
import type { JoinStore } from './join-store.ts';

/** A cluster that sends its events. */
export type JoinedCluster = Pick<Webhook, 'ignore' | 'gatewayUsers' | 'grace'> & { name: string };

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
