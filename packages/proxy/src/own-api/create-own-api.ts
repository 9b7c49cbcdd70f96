import type { IncomingMessage } from 'node:http';
import express, { type Express, type Request, type RequestHandler } from 'express';
import { callerHeader, encodeCaller, ProblemError, problemHandler, toProblem } from '@sallyport/kit';
import { createAuditedCall } from './audited-call.ts';
import type { OwnApiDeps } from './own-api-deps.ts';
import { mountPolicy } from './policy-routes.ts';
import { mountStreams } from './stream-routes.ts';
import { readCallerCredential, refuseForeignOrigin } from './read-caller-credential.ts';
import { refuseUnclearRequest } from './refuse-unclear-request.ts';

const apiPrefix = '/.sallyport/api/v1';

/** Everything on the gateway that is not a cluster: health, the pages of authenticate, and the API of the CLI. */
export function createOwnApi(deps: OwnApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use((_request, response, next) => {
    response.set({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" });
    next();
  });
  app.get(['/healthz', '/livez'], (_request, response) => void response.type('text/plain').send('ok'));
  app.use(refuseUnclearRequest(noteRefusal(deps)));
  mountApi(app, deps);
  app.all(['/.sallyport/login', '/.sallyport/callback', '/.sallyport/token'], deps.pages);
  app.all(['/.sallyport/me', '/.sallyport/logout'], withCaller(deps), deps.pages);
  app.use(() => {
    throw new ProblemError('not-found', 'There is no such page on this gateway.');
  });
  app.use(problemHandler(deps));
  return app;
}

/** Records the refusal of a request that is no call of the API. */
function noteRefusal(deps: OwnApiDeps) {
  return (request: Request, error: unknown) => {
    const { status, detail } = toProblem(error);
    deps.auditCall.complete({ request, path: request.originalUrl.split('?', 1)[0]!, clientAddress: deps.clientAddress(request), answer: undefined, status, detail });
  };
}

/** Adds the caller, where there is one, to a request for authenticate's pages; refusals are recorded as those of the API are. */
function withCaller(deps: OwnApiDeps): RequestHandler {
  const findCaller = async (request: Request, clientAddress: string) => {
    const credential = readCallerCredential(request, deps.origin.startsWith('https:'));
    refuseForeignOrigin(request, credential, deps.origin);
    if (!credential) return undefined;
    return deps.findCaller(request, credential, clientAddress).catch((error: unknown) => {
      // An ended session on a page is a person to be shown the way to the login, not an error.
      if (error instanceof ProblemError && error.code === 'unauthenticated' && credential.kind === 'cookie') return undefined;
      throw error;
    });
  };
  const note = noteRefusal(deps);
  return async (request, response, next) => {
    try {
      const found = await findCaller(request, deps.clientAddress(request));
      if (found) response.locals.caller = encodeCaller(found.caller);
    } catch (error) {
      note(request, error);
      throw error;
    }
    next();
  };
}

function mountApi(app: Express, deps: OwnApiDeps): void {
  const call = createAuditedCall(deps);
  const queryOf = (request: IncomingMessage) => (request.url?.includes('?') ? request.url.slice(request.url.indexOf('?')) : '');
  app.get(`${apiPrefix}/clusters`, call(undefined, () => Promise.resolve({ status: 200, body: { clusters: deps.clusters() } })));
  app.get(`${apiPrefix}/sessions`, call('sessions', (request, caller) => deps.authenticate.request({ method: 'GET', path: `/v1/sessions${queryOf(request)}`, headers: { [callerHeader]: encodeCaller(caller) } })));
  app.delete(`${apiPrefix}/sessions/:id`, call('sessions', (request, caller) => deps.authenticate.request({
    method: 'DELETE', path: `/v1/sessions/${encodeURIComponent(String(request.params.id))}`, headers: { [callerHeader]: encodeCaller(caller) },
  })));
  app.get(`${apiPrefix}/audit`, call('audit', (request, caller) => deps.audit.request({ method: 'GET', path: `/v1/events${queryOf(request)}`, headers: { [callerHeader]: encodeCaller(caller) }, timeoutMs: 10_000 })));
  mountPolicy(app, apiPrefix, call, deps);
  mountStreams(app, apiPrefix, call, deps);
}
