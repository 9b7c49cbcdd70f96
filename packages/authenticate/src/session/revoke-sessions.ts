import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { ProblemError, type Caller } from '@sallyport/kit';
import { type ListedSession } from '@sallyport/stores';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { readQuery } from '../http/read-query.ts';
import { readClientFacts } from '@sallyport/kit';
import { endMany } from './end-sessions.ts';
import { ownSessions, requireCaller } from './read-caller-session.ts';

/** Whose sessions are meant. A user's name is what a provider says; two providers may each have one of that name. */
async function meant({ sessions }: RouteDeps, caller: Caller, request: IncomingMessage): Promise<ListedSession[]> {
  const query = readQuery(request);
  const [user, all, provider] = [query.get('user'), query.get('all'), query.get('provider')];
  if ((user === null) === (all === null) || (all !== null && all !== 'true') || user === '')
    throw new ProblemError('bad-request', "Say whose sessions: user=<name>, or all=true for everybody's.");
  if (!caller.privileged) {
    if (user !== caller.identity.user)
      throw new ProblemError('forbidden', 'Your rights let you end your own sessions only (api.policy.sessions).');
    return ownSessions(sessions, caller);
  }
  return (await sessions.list()).filter(
    ({ identity }) =>
      (user === null || identity.user === user) && (provider === null || identity.provider === provider),
  );
}

/**
 * `DELETE /v1/sessions?user=<name>` or `?all=true`, `&provider=<id>`: ends every session of a person or of everybody,
 * where `api.policy.sessions` lets the caller; without that, all of one's own.
 */
export function revokeSessions(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const found = await meant(deps, caller, request);
    const facts = { ...readClientFacts(request), clientAddress: caller.clientAddress };
    const revoked = await endMany(
      found.map(({ id }) => id),
      async (id) => {
        const ended = await deps.sessions.revoke(id, { by: caller.identity.user, reason: 'revoked' });
        if (ended)
          deps.events.revoked(ended, {
            caller: caller.identity,
            path: '/v1/sessions',
            facts,
            reason: 'revoked with others',
          });
        return ended;
      },
      caller.session.id,
    );
    response.json({ revoked });
  };
}
