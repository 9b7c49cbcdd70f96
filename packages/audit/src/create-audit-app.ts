import { ProblemError, problemHandler, readCaller, requireService, type Logger, type ServiceVerifier } from '@sallyport/kit';
import express, { type Express, type Request } from 'express';
import { readAuditQuery } from './read-audit-query.ts';
import type { AuditStore, OnlyOf } from './store/audit-store.ts';

export type AuditAppDeps = { store: Pick<AuditStore, 'find'>; verifier: ServiceVerifier; logger: Logger };

/** Whose events the caller may see: everybody's if `api.policy` says so, else their own. */
function restriction(request: Request): OnlyOf | undefined {
  const caller = readCaller(request.headers);
  if (!caller) throw new ProblemError('bad-request', 'The call does not say on whose behalf it is made.');
  const { issuer, subject } = caller.identity;
  return caller.privileged ? undefined : { issuer, subject };
}

/** Creates the query API. It neither listens nor reads the environment. */
export function createAuditApp(deps: AuditAppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requireService(deps.verifier));
  app.get('/v1/events', async (request, response) => {
    const only = restriction(request);
    const { searchParams } = new URL(request.url, 'http://audit');
    const page = await deps.store.find(readAuditQuery(searchParams), only);
    response.set('cache-control', 'no-store').json({ ...page, scope: only === undefined ? 'all' : 'own' });
  });
  app.all('/v1/events', () => {
    throw new ProblemError('method-not-allowed', 'Events can only be read: GET.');
  });
  app.use(() => {
    throw new ProblemError('not-found', 'There is nothing at this address.');
  });
  app.use(problemHandler({ logger: deps.logger }));
  return app;
}
