import { endRouteSessionSchema } from '@sallyport/contracts';
import type { RequestHandler } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteSessionDeps } from './route-session-deps.ts';

/**
 * `POST /v1/route-sessions/end`: logs a browser out from the host of a web application. It ends the login on which the
 * session hangs, because the next page would otherwise log the browser in again without asking. Only gateways of older
 * versions call it, during an upgrade.
 */
export function endRouteSession(deps: Pick<RouteSessionDeps, 'sessions' | 'events'>): RequestHandler {
  return async (request, response) => {
    const asked = endRouteSessionSchema.safeParse(request.body);
    if (!asked.success) throw new ProblemError('bad-request', 'The request to log out cannot be read.');
    const { hash, ...facts } = asked.data;
    const [found] = await deps.sessions.find([hash]);
    if (found?.state === 'live' && found.session.kind === 'route' && found.session.parent) {
      const { identity, parent } = found.session;
      const ended = await deps.sessions.revoke(parent.id, { by: identity.user, reason: 'logout' });
      if (ended)
        await deps.events.revoked(ended, {
          caller: identity,
          path: '/.sallyport/logout',
          facts,
          reason: `logout at ${found.session.route ?? 'a web application'}`,
        });
    }
    response.status(204).end();
  };
}
