import type { AuditKeys } from '@sallyport/contracts';
import { ProblemError, problemHandler, requireService, type Logger, type ServiceVerifier } from '@sallyport/kit';
import express, { type Express } from 'express';
import { mountWebhook, type WebhookDeps } from './cluster-events/mount-webhook.ts';
import { mountElevationReport } from './elevation-report/mount-elevation-report.ts';
import { createQueryLimiter } from './limits/create-query-limiter.ts';
import { readAuditQuery } from './query/read-audit-query.ts';
import { createCursorSeal } from './query/seal-cursors.ts';
import { withResult } from './query/with-result.ts';
import type { AuditStore } from './store/audit-store.ts';
import { mountReport } from './report/mount-report.ts';
import { mountShow } from './show/mount-show.ts';
import { mountTrail } from './trail/mount-trail.ts';
import { readViewer } from './viewer/read-viewer.ts';

export type AuditAppDeps = {
  store: Pick<AuditStore, 'find' | 'report' | 'elevationUses' | 'clusterEvents'>;
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

/** Creates the query API. It does not listen and does not read the environment. */
export function createAuditApp(deps: AuditAppDeps): Express {
  const limiter = createQueryLimiter({ concurrency: deps.concurrency ?? 4 });
  const cursors = createCursorSeal(deps.cursorSecret);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requireService(deps.verifier));
  app.post('/v1/events', async (request, response) => {
    const { person, only, scope } = await readViewer(request);
    const query = cursors.open(readAuditQuery(new URL(request.url, 'http://audit').searchParams));
    const page = await limiter.run(
      person,
      () => deps.store.find(query, only),
      () => response.destroyed,
    );
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
  mountShow(app, { store: deps.store, limiter });
  mountReport(app, { store: deps.store, limiter });
  mountElevationReport(app, { store: deps.store, limiter });
  mountTrail(app, { ...deps, limiter, cursors });
  app.use(() => {
    throw new ProblemError('not-found', 'There is nothing at this address.');
  });
  app.use(problemHandler({ logger: deps.logger }));
  return app;
}
