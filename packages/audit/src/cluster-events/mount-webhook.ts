import type { Config } from '@sallyport/contracts';
import { createWarnOnce, ProblemError, readBody, toProblem, type Logger } from '@sallyport/kit';
import type { Express, Request, Response } from 'express';
import { UnstorableError } from '../events/event-store.ts';
import type { ClusterEventStore, ReceivedEvent } from './cluster-events.ts';
import { createFindWebhook } from './find-webhook.ts';
import { readEventList } from './read-event-list.ts';
import type { WebhookLimits } from './webhook-limits.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export type WebhookDeps = {
  clusters: Config['clusters'];
  store: Pick<ClusterEventStore, 'add'>;
  limits: WebhookLimits;
  metrics: WebhookMetrics;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now(): number;
};

/** The largest batch. kube-apiserver cuts its batches to 10 MiB if `--audit-webhook-truncate-enabled` is set. */
export const maxBatchBytes = 16 * 1024 * 1024;
/** How long a refused client may go on sending, so that it reads the answer. */
const drainMs = 2000;

/** Refuses what is not JSON as kube-apiserver sends it, which never compresses a batch. */
function requireJson({ headers }: Request): void {
  const isJson = /^application\/json *(?:;|$)/i.test(headers['content-type'] ?? '');
  if (!isJson || headers['content-encoding'] !== undefined)
    throw new ProblemError('unsupported-media-type', 'The body must be application/json, and not compressed.');
}

/** How often a batch may fail to be stored. Enough to find a few events among thousands. */
const mostFailures = 20;

/**
 * Stores events. One that the database can never hold is skipped, so that it does not block the others, and counted. Of a
 * batch with many such events, what was stored by then stays, and the rest is refused: each attempt costs a transaction.
 */
async function storeAll(store: WebhookDeps['store'], cluster: string, all: readonly ReceivedEvent[]): Promise<number> {
  let [failures, lost] = [0, 0];
  const storePart = async (events: readonly ReceivedEvent[]): Promise<void> => {
    try {
      await store.add(cluster, events);
    } catch (error) {
      if (!(error instanceof UnstorableError)) throw error;
      failures += 1;
      if (failures > mostFailures)
        throw new ProblemError('bad-request', 'The batch has too many events that cannot be stored.', { cause: error });
      if (events.length === 1) {
        lost += 1;
        return;
      }
      const middle = Math.ceil(events.length / 2);
      await storePart(events.slice(0, middle));
      await storePart(events.slice(middle));
    }
  };
  if (all.length > 0) await storePart(all);
  return lost;
}

/**
 * Mounts the receiver of the clusters' own audit events, `POST /.sallyport/audit/<cluster>`. kube-apiserver sends a batch
 * again unless it is answered with 200, which happens only when all of it is stored.
 */
export function mountWebhook(app: Express, deps: WebhookDeps): void {
  const { limits, metrics, logger } = deps;
  const findWebhook = createFindWebhook(deps.clusters);
  const skipped = createWarnOnce(logger, {
    failed: 'skipped events of a cluster that are not audit events of this time',
  });
  const refusal = createWarnOnce(logger, { failed: "refused a batch of a cluster's audit events" });

  const take = async (request: Request): Promise<void> => {
    const cluster = String(request.params.cluster);
    const webhook = findWebhook(request, cluster);
    requireJson(request);
    const slot = limits.enter(cluster);
    try {
      const body = await readBody(request, maxBatchBytes);
      slot.read(body.length);
      const { events, unreadable, untimely } = readEventList(body.toString('utf8'), { ...webhook, now: deps.now() });
      const lost = await storeAll(deps.store, cluster, events);
      metrics.received(cluster, { stored: events.length - lost, unreadable: unreadable + lost, untimely });
      if (unreadable + lost + untimely > 0) skipped.failed({ cluster, unreadable: unreadable + lost, untimely });
      else skipped.recovered();
    } finally {
      slot.leave();
    }
  };
  const refuse = (request: Request, response: Response, error: unknown): void => {
    const { code, status } = toProblem(error);
    metrics.refused(code);
    refusal.failed({ cluster: String(request.params.cluster).slice(0, 63), code });
    // With this header, the client of kube-apiserver itself sends the batch again, up to ten times.
    if (status === 429) response.set('retry-after', '1');
    if (status === 503) response.set('retry-after', '5');
    if (request.complete) return;
    response.set('connection', 'close');
    setTimeout(() => void (request.complete || request.destroy()), drainMs).unref();
  };
  app.post('/.sallyport/audit/:cluster', async (request, response) => {
    try {
      await take(request);
    } catch (error) {
      refuse(request, response, error);
      throw error;
    }
    refusal.recovered();
    response.status(200).end();
  });
}
