import type { AuditKeys } from '@sallyport/contracts';
import { ProblemError, problemHandler, requireService, type Logger, type ServiceVerifier } from '@sallyport/kit';
import express, { type Express } from 'express';
import type { ClusterEventStore } from './cluster-events/cluster-events.ts';
import { mountWebhook, type WebhookDeps } from './cluster-events/mount-webhook.ts';
import type { EventStore } from './events/event-store.ts';
import { createQueryLimiter } from './query/create-query-limiter.ts';
import { openQuery } from './query/open-query.ts';
import { readAuditQuery } from './query/read-audit-query.ts';
import { createCursorSeal } from './query/seal-cursors.ts';
import { withResult } from './query/with-result.ts';
import { mountRecordings, type RecordingsDeps } from './recordings/mount-recordings.ts';
import { mountElevationReport, mountReport, mountSummary } from './report/mount-reports.ts';
import type { ReportStore } from './report/report-store.ts';
import { mountShow } from './show/show-request.ts';
import { mountTrail } from './trail/mount-trail.ts';
import { mountWhatIf } from './what-if/mount-what-if.ts';

export type AuditAppDeps = RecordingsDeps & {
  events: Pick<EventStore, 'find'>;
  reports: ReportStore;
  clusterEvents: Pick<ClusterEventStore, 'find'>;
  verifier: ServiceVerifier;
  logger: Logger;
  /** The public keys of checkpoints. */
  keys: AuditKeys;
  /** Returns the secret that seals cursors. */
  cursorSecret: () => Buffer;
  /** How many queries the store runs at once. The default is 4. */
  concurrency?: number;
  /** Receives the clusters' own audit events. */
  webhook: WebhookDeps;
};

/**
 * Creates the HTTP application of the service: the queries, and what receives the clusters' own events. It neither listens
 * nor reads the environment.
 */
export function createAuditApp(deps: AuditAppDeps): Express {
  const limiter = createQueryLimiter({ concurrency: deps.concurrency ?? 4 });
  const cursors = createCursorSeal(deps.cursorSecret);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requireService(deps.verifier));
  app.post('/v1/events', async (request, response) => {
    const { only, scope, search, run } = await openQuery(request, response, limiter);
    const query = cursors.open(readAuditQuery(search));
    const page = await run(() => deps.events.find(query, only));
    if (!page) return;
    const { next, latest, ...rest } = page;
    response.set('cache-control', 'no-store').json({
      ...rest,
      events: page.events.map(withResult),
      ...(next === undefined ? {} : { next: cursors.seal(next) }),
      ...(latest === undefined ? {} : { latest: cursors.seal(latest) }),
      ...scope,
    });
  });
  app.get('/v1/keys', (_request, response) => void response.json(deps.keys));
  app.all('/v1/events', () => {
    throw new ProblemError('method-not-allowed', 'Events are read-only. Use POST, with what the person may see.');
  });
  mountWebhook(app, deps.webhook);
  mountShow(app, { ...deps, limiter });
  mountSummary(app, { ...deps, limiter });
  mountWhatIf(app, { ...deps, limiter });
  mountReport(app, { ...deps, limiter });
  mountElevationReport(app, { ...deps, limiter });
  mountTrail(app, { ...deps, limiter, cursors });
  mountRecordings(app, { ...deps, limiter, cursors });
  app.use(() => {
    throw new ProblemError('not-found', 'There is nothing at this address.');
  });
  app.use(problemHandler({ logger: deps.logger }));
  return app;
}
