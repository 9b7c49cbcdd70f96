import { ProblemError } from '@sallyport/kit';
import type { ApiArea } from '@sallyport/contracts';
import type { Html, PageApp } from '@sallyport/pages';
import type { Request, RequestHandler, Response } from 'express';
import type { Caller } from '@sallyport/kit';
import type { PortalDeps } from '../calls/portal-deps.ts';
import type { ApiContext, ApiResult, AuditedCall } from '../calls/audited-call.ts';
import { acceptedTokens, readCallerCredential } from '../calls/caller-credential.ts';
import { searchOf } from '../calls/read-body.ts';
import { elevationsPath } from './elevation-words.ts';
import { reloadWhileWaiting } from './render-elevation.ts';

/** What a page answers: the page itself, or where to go after a click. */
export type PageAnswer = ApiResult & { body: { title: string; content: Html; app?: PageApp } | { location: string } };

type Work = (request: Request, caller: Caller, context: ApiContext) => Promise<PageAnswer>;

/** The paths to which a login may return. */
const returnable = /^\/(?:\.sallyport|console)(?:\/[A-Za-z0-9_-]+)*$/;
/** The queries with which it may return to the console. */
const returnableQuery = /^\?[A-Za-z0-9._~%&=+*-]{1,600}$/;

/**
 * Returns where a browser without a session goes. Browsers have their session at the origin of the login pages, so the
 * same page is there. It never leads to another site: the path is one of our own.
 */
function loginAddress(path: string, query: string, { origin, landing: { loginOrigin } }: PortalDeps): string {
  const back = returnable.test(path) && path.length <= 256 ? path + query : elevationsPath;
  if (origin !== loginOrigin) return `${loginOrigin}${back}`;
  return `${loginOrigin}/.sallyport/login?return_to=${query === '' ? back : encodeURIComponent(back)}`;
}

function send({ ownPages }: PortalDeps, response: Response, { status, body }: PageAnswer): void {
  response.vary('Accept, Cookie');
  if ('location' in body) return response.redirect(status, body.location);
  const { title, content, app } = body;
  const scripts = content.markup.includes('data-reload="') ? [reloadWhileWaiting] : [];
  ownPages.send(response, status, title, content, { wide: true, scripts, app });
}

/**
 * Creates the handler of a page. A browser without a session is sent to the login, and comes back to `back`. Everyone
 * else gets the answer of `work`, which is recorded like a call of the API. `area` is what `api.policy` decides about.
 */
export function servePage(
  deps: PortalDeps,
  call: AuditedCall,
  work: Work,
  { area = 'elevations', back = (path) => path }: { area?: ApiArea | 'none'; back?(path: string): string } = {},
): RequestHandler {
  const serve = call(area === 'none' ? undefined : area, work, (response, result) =>
    send(deps, response, result as PageAnswer),
  );
  return afterLogin(deps, ({ path }) => loginAddress(back(path), '', deps), serve);
}

/** Creates the handler of a page that is a program, which comes back with its query after a login. */
export function serveProgram(
  deps: PortalDeps,
  call: AuditedCall,
  render: () => Promise<{ text: string; headers: Record<string, string> }>,
): RequestHandler {
  const serve = call(
    undefined,
    async () => ({ status: 200, body: await render() }),
    (response, { body }) => {
      const { text, headers } = body as Awaited<ReturnType<typeof render>>;
      response.vary('Accept, Cookie');
      response.set(headers).end(text);
    },
  );
  const address = (request: Request) => {
    const query = searchOf(request);
    return loginAddress(request.path, returnableQuery.test(query) ? query : '', deps);
  };
  return afterLogin(deps, address, serve);
}

/** Sends a browser without a session to the login. */
function afterLogin(deps: PortalDeps, address: (request: Request) => string, serve: RequestHandler): RequestHandler {
  return async (request, response, next) => {
    const isBrowser = request.headers.accept?.includes('text/html') === true;
    const logIn = () => {
      response.vary('Accept, Cookie');
      response.redirect(303, address(request));
    };
    const isSecure = deps.origin.startsWith('https:');
    if (isBrowser && !readCallerCredential(request, isSecure, acceptedTokens(deps))) return logIn();
    try {
      await serve(request, response, next);
    } catch (error) {
      if (!isBrowser || !(error instanceof ProblemError) || error.code !== 'unauthenticated') throw error;
      logIn();
    }
  };
}
