import {
  ProblemError,
  problemHandler,
  readCaller,
  requireService,
  type Logger,
  type ServiceVerifier,
} from '@sallyport/kit';
import express, { type Express, type Request } from 'express';
import { createQuestionTurns } from './create-question-turns.ts';
import { readAuditQuery } from './read-audit-query.ts';
import type { AuditStore, OnlyOf } from './store/audit-store.ts';

export type AuditAppDeps = {
  store: Pick<AuditStore, 'find'>;
  verifier: ServiceVerifier;
  logger: Logger;
  /** How many questions the store is asked at once. Default 4. */ atOnce?: number;
};

/** Who asks, and whose events they may see: everybody's if `api.policy` says so, else their own. */
function readAsker(request: Request): { person: OnlyOf; only: OnlyOf | undefined } {
  const caller = readCaller(request.headers);
  if (!caller) throw new ProblemError('bad-request', 'The call does not say on whose behalf it is made.');
  const { issuer, subject } = caller.identity;
  const person = { issuer, subject };
  return { person, only: caller.privileged ? undefined : person };
}

/** Creates the query API. It neither listens nor reads the environment. */
export function createAuditApp(deps: AuditAppDeps): Express {
  const turns = createQuestionTurns({ atOnce: deps.atOnce ?? 4 });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requireService(deps.verifier));
  app.get('/v1/events', async (request, response) => {
    const { person, only } = readAsker(request);
    const query = readAuditQuery(new URL(request.url, 'http://audit').searchParams);
    const page = await turns.ask(
      JSON.stringify([person.issuer, person.subject]),
      () => deps.store.find(query, only),
      () => response.destroyed,
    );
    if (page) response.set('cache-control', 'no-store').json({ ...page, scope: only === undefined ? 'all' : 'own' });
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
