import {
  ProblemError,
  problemHandler,
  readCaller,
  requireService,
  type Logger,
  type ServiceVerifier,
} from '@sallyport/kit';
import express, { type Express, type Request } from 'express';
import { createQueryLimiter } from './create-query-limiter.ts';
import { readAuditQuery } from './read-audit-query.ts';
import type { AuditStore, OnlyOf } from './store/audit-store.ts';

export type AuditAppDeps = {
  store: Pick<AuditStore, 'find'>;
  verifier: ServiceVerifier;
  logger: Logger;
  /** How many queries the store runs at once. The default is 4. */
  concurrency?: number;
};

/** Returns who asks, and whose events they may see: everyone's if `api.policy` allows it, otherwise their own. */
function readPerson(request: Request): { person: OnlyOf; only: OnlyOf | undefined } {
  const caller = readCaller(request.headers);
  if (!caller) throw new ProblemError('bad-request', 'The call does not name the person it is made for.');
  const { issuer, subject } = caller.identity;
  const person = { issuer, subject };
  return { person, only: caller.privileged ? undefined : person };
}

/** Creates the query API. It does not listen and does not read the environment. */
export function createAuditApp(deps: AuditAppDeps): Express {
  const limiter = createQueryLimiter({ concurrency: deps.concurrency ?? 4 });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requireService(deps.verifier));
  app.get('/v1/events', async (request, response) => {
    const { person, only } = readPerson(request);
    const query = readAuditQuery(new URL(request.url, 'http://audit').searchParams);
    const page = await limiter.run(
      JSON.stringify([person.issuer, person.subject]),
      () => deps.store.find(query, only),
      () => response.destroyed,
    );
    if (page) response.set('cache-control', 'no-store').json({ ...page, scope: only === undefined ? 'all' : 'own' });
  });
  app.all('/v1/events', () => {
    throw new ProblemError('method-not-allowed', 'Events are read-only. Use GET.');
  });
  app.use(() => {
    throw new ProblemError('not-found', 'There is nothing at this address.');
  });
  app.use(problemHandler({ logger: deps.logger }));
  return app;
}
