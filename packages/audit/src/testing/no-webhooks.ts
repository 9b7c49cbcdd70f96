import type { Logger } from '@sallyport/kit';
import type { WebhookDeps } from '../cluster-events/mount-webhook.ts';
import { createWebhookLimits } from '../cluster-events/webhook-limits.ts';
import { createWebhookMetrics } from '../cluster-events/webhook-metrics.ts';

/** Returns what the receiver of clusters' events needs where no cluster sends any. */
export const noWebhooks = (logger: Logger): WebhookDeps => ({
  clusters: [],
  store: { add: async () => undefined },
  limits: createWebhookLimits({ now: Date.now }),
  metrics: createWebhookMetrics(undefined),
  logger,
  now: Date.now,
});
