import express, { type ErrorRequestHandler, type Express } from 'express';
import { ProblemError, traceRequests } from '@sallyport/kit';
import { answerHealth } from './answer-health.ts';
import type { OwnApiDeps } from './own-api-deps.ts';
import { refuseUnclearRequest } from './refuse-unclear-request.ts';
import { createRecordRefusal } from './with-caller.ts';

/**
 * Creates the base of the API: one spelling of each address, and headers that keep browsers from interpreting an answer.
 */
export function createBase(deps: OwnApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use((_request, response, next) => {
    response.set({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    next();
  });
  app.get(['/healthz', '/livez'], answerHealth(deps));
  if (deps.beginSpan) app.use(traceRequests(deps.beginSpan));
  app.use(refuseUnclearRequest(createRecordRefusal(deps)));
  return app;
}

/** Adds the end of the API: what there is no address for, and errors. */
export function finish(app: Express, deps: OwnApiDeps, errors: ErrorRequestHandler): Express {
  const recordRefusal = createRecordRefusal(deps);
  app.use((request) => {
    const none = new ProblemError('not-found', 'There is no such page on this gateway.');
    recordRefusal(request, none);
    throw none;
  });
  app.use(errors);
  return app;
}
