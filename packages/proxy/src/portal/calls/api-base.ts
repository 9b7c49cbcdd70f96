import express from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler } from 'express';
import { ProblemError, traceRequests } from '@sallyport/kit';
import type { PortalDeps } from './portal-deps.ts';
import { createRecordRefusal } from './api-events.ts';
import { refuseOwnToken } from '../../credential/own-token.ts';
import { readHeaders } from '../../headers/read-headers.ts';
import { carriesPomerium } from '../../credential/read-carriers.ts';
import { acceptedTokens, readCallerCredential } from './caller-credential.ts';

/**
 * Answers `/healthz` and `/livez` with `ok`. Pomerium's clients check here whether their token is still valid, and log in
 * again unless the answer is 2xx. So an invalid token gets 401. An outage does not, because a login would not help. The
 * requests that follow are authorized as always.
 */
function answerHealth(
  deps: Pick<PortalDeps, 'findCaller' | 'clientAddress' | 'auditCall' | 'pomerium'>,
): RequestHandler {
  const recordRefusal = createRecordRefusal(deps);
  return async (request, response) => {
    if (carriesPomerium(request.rawHeaders)) {
      try {
        const lines = (name: string) => request.headersDistinct[name]?.length ?? 0;
        if (lines('authorization') > 1 || lines('x-pomerium-authorization') > 1)
          throw new ProblemError('ambiguous-credential', 'A header that carries a credential appears twice.');
        delete request.headers.cookie;
        await deps.findCaller(
          request,
          readCallerCredential(request, true, acceptedTokens(deps)),
          deps.clientAddress(request),
        );
      } catch (error) {
        const refused =
          error instanceof ProblemError && (error.code === 'unauthenticated' || error.code === 'ambiguous-credential');
        if (refused) recordRefusal(request, error);
        if (refused) throw error;
      }
    }
    response.type('text/plain').send('ok');
  };
}

/**
 * The only accepted form of the gateway's own addresses: plain segments, nothing escaped, no dot segments, single
 * slashes. Names of SCIM schemas have colons, and SCIM searches a dot.
 */
const plainAddress =
  /^\/(?:|console(?:\/[A-Za-z0-9_-]+)*|\.sallyport\/scim\/v2\/Schemas\/urn(?::[A-Za-z0-9.-]+)+|\.sallyport\/scim\/v2(?:\/Users|\/Groups)?\/\.search|\.sallyport(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+|\.pomerium(?:\/[A-Za-z0-9_-]+)*\/?|\.well-known\/pomerium(?:\/jwks\.json)?|\.well-known\/sallyport\/jwks\.json)$/;

/**
 * Refuses what two readers could understand differently, before any route sees it. Pages are passed on to another
 * service. If an address were normalized on the way there, it could reach a page that no route here allowed.
 */
function refuseUnclearRequest(refused: (request: Request, error: unknown) => void): RequestHandler {
  return (request, response, next) => {
    try {
      if (request.httpVersion !== '1.1')
        throw new ProblemError('bad-request', 'The gateway supports HTTP/1.1 and HTTP/2 only.');
      const { authorization, pomeriumAuthorization } = readHeaders(request.rawHeaders);
      if (authorization.length > 1 || pomeriumAuthorization.length > 1)
        throw new ProblemError('ambiguous-credential', 'A header that carries a credential appears twice.');
      if (!plainAddress.test(request.originalUrl.split('?', 1)[0]!))
        throw new ProblemError(
          'bad-request',
          "The addresses of the gateway's own pages must be plain, without escapes, dot segments or double slashes.",
        );
      refuseOwnToken(request.originalUrl);
    } catch (error) {
      response.shouldKeepAlive = false;
      refused(request, error);
      throw error;
    }
    next();
  };
}

/**
 * Creates the base of the API: one spelling of each address, and headers that keep browsers from interpreting an answer.
 */
export function createBase(deps: PortalDeps): Express {
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
export function finish(app: Express, deps: PortalDeps, errors: ErrorRequestHandler): Express {
  const recordRefusal = createRecordRefusal(deps);
  app.use((request) => {
    const none = new ProblemError('not-found', 'There is no such page on this gateway.');
    recordRefusal(request, none);
    throw none;
  });
  app.use(errors);
  return app;
}
