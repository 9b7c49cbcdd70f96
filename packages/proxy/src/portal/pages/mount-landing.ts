import { ProblemError, spanOf, type Caller, type Span } from '@sallyport/kit';
import type { EndStreamRequest } from '@sallyport/contracts';
import type { Html } from '@sallyport/pages';
import type { Express, Request, RequestHandler, Response } from 'express';
import { isLanding } from '../calls/own-addresses.ts';
import type { ApiResult, AuditedCall } from '../calls/audited-call.ts';
import { readCallerCredential, requireOwnForm } from '../calls/caller-credential.ts';
import { copyCommands, renderLanding, renderWelcome } from './render-landing.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { only } from './only.ts';
import { asCaller, readLanding } from './read-landing.ts';

import { noticeOf } from './render-rows.ts';

/** What the page says after a click. The name of the notice is in the address that the click leads to. */
const notices: Readonly<Record<string, string>> = {
  stream: 'The stream has ended.',
  session: 'The session has ended, with everything that was open in it.',
  gone: 'It had already ended.',
};

const isLoggedOut = (error: unknown) => error instanceof ProblemError && error.code === 'unauthenticated';

function sendPage({ ownPages }: PortalDeps, response: Response, title: string, body: Html): void {
  response.vary('Accept, Cookie');
  ownPages.send(response, 200, title, body, { wide: true, scripts: [copyCommands] });
}

/** Creates the handler of `/`: the page for browsers, with or without a session. */
function createShow(deps: PortalDeps, call: AuditedCall): RequestHandler {
  const { origin, landing } = deps;
  const sendWelcome = (response: Response) => sendPage(deps, response, 'Kubernetes access', renderWelcome(deps));
  const show = call(
    undefined,
    async (request, caller, context) => ({
      status: 200,
      body: renderLanding(await readLanding(deps, request, caller, context), landing, noticeOf(request, notices)),
    }),
    (response, { body }) => sendPage(deps, response, 'Your access', body as Html),
  );
  return async (request, response, next) => {
    if (!isLanding(request, origin)) return next();
    if (!readCallerCredential(request, origin.startsWith('https:'))) return sendWelcome(response);
    try {
      await show(request, response, next);
    } catch (error) {
      if (!isLoggedOut(error)) throw error;
      sendWelcome(response);
    }
  };
}

/** Creates the handler of an end button. Afterwards the browser is back on the page, which says what has happened. */
function createEnd(
  deps: PortalDeps,
  call: AuditedCall,
  done: 'stream' | 'session',
  end: (id: string, caller: Caller, span: Span | undefined) => Promise<unknown>,
): RequestHandler {
  const work = async (request: Request, caller: Caller): Promise<ApiResult> => {
    try {
      // The page shows what is the caller's own, so it ends nothing else.
      await end(String(request.params.id), { ...caller, privileged: false }, spanOf(request));
      return { status: 303, body: done };
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'not-found') return { status: 404, body: 'gone' };
      throw error;
    }
  };
  const answer = call(
    undefined,
    (request, caller, { credential }) => {
      requireOwnForm(request, credential, deps.origin);
      return work(request, caller);
    },
    (response, { body }) => response.redirect(303, `/?done=${String(body)}`),
  );
  return async (request, response, next) => {
    try {
      await answer(request, response, next);
    } catch (error) {
      if (!isLoggedOut(error)) throw error;
      response.redirect(303, '/');
    }
  };
}

/** Mounts the page at `/` for browsers, and what its buttons do. */
export function mountLanding(app: Express, call: AuditedCall, deps: PortalDeps): void {
  const { authorize, authenticate } = deps;
  app.get('/', createShow(deps, call));
  app.all(
    '/.sallyport/streams/:id/end',
    only('POST'),
    createEnd(deps, call, 'stream', (stream, caller, span) =>
      authorize.request({
        method: 'POST',
        path: '/v1/streams/end',
        body: { stream } satisfies EndStreamRequest,
        ...asCaller(caller, span),
      }),
    ),
  );
  app.all(
    '/.sallyport/sessions/:id/end',
    only('POST'),
    createEnd(deps, call, 'session', (id, caller, span) =>
      authenticate.request({
        method: 'DELETE',
        path: `/v1/sessions/${encodeURIComponent(id)}`,
        ...asCaller(caller, span),
      }),
    ),
  );
}
