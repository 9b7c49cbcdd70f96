import type { RequestHandler, Response } from 'express';
import { sallyportVersion } from '@sallyport/contracts';
import { ProblemError, readCaller } from '@sallyport/kit';
import type { ListedSession } from '@sallyport/stores';
import { html, renderTime } from '@sallyport/pages';
import { readOrigin, wantsPage } from '../http/read-request.ts';
import { providerName } from '../providers/client/provider-client.ts';
import { callerSession, requireCaller } from './caller-session.ts';
import type { HandlerDeps } from './handler-deps.ts';

type ShowMeDeps = Pick<HandlerDeps, 'sessions' | 'settings' | 'pages' | 'now' | 'providers'>;

function showPage({ pages, now, providers }: ShowMeDeps, response: Response, session: ListedSession): void {
  const { identity } = session;
  pages.send(
    response,
    200,
    'You are logged in',
    html`<dl>
<dt>User</dt><dd>${identity.user}</dd>
<dt>Groups</dt><dd>${identity.groups.length > 0 ? identity.groups.join(', ') : 'none'}</dd>
<dt>Identity provider</dt><dd>${providerName(providers, identity.provider)}</dd>
<dt>Session expires</dt><dd>${renderTime(session.expiresAt, now())}</dd>
<dt>Expires if unused</dt><dd>${renderTime(session.idleEndsAt, now())}</dd>
</dl>
<p><a href="/">Your clusters, open streams and sessions</a></p>
<form method="post" action="/.sallyport/logout"><button type="submit">Log out</button></form>`,
  );
}

function showNotLoggedIn({ pages }: ShowMeDeps, response: Response): void {
  pages.send(
    response,
    401,
    'You are not logged in',
    html`<p><a class="act" href="/.sallyport/login?return_to=/.sallyport/me">Log in</a></p>`,
  );
}

/** `GET /.sallyport/me`: shows the identity of the caller. */
export function showMe(deps: ShowMeDeps): RequestHandler {
  return async (request, response) => {
    readOrigin(request, deps.settings);
    if (wantsPage(request) && !readCaller(request.headers)) return showNotLoggedIn(deps, response);
    const caller = requireCaller(request);
    const session = await callerSession(deps.sessions, caller);
    if (!session && wantsPage(request)) return showNotLoggedIn(deps, response);
    if (!session) throw new ProblemError('unauthenticated', 'This session has ended. Log in again.');
    if (wantsPage(request)) return showPage(deps, response, session);
    const { identity, id, kind, createdAt, expiresAt, idleEndsAt } = session;
    const { user, email, name, groups, provider } = identity;
    response.json({
      user,
      email,
      name,
      groups,
      provider,
      providerName: providerName(deps.providers, provider),
      session: { id, kind, createdAt, expiresAt, idleEndsAt },
      ...(session.agent ? { agent: session.agent } : {}),
      gatewayVersion: sallyportVersion,
    });
  };
}
