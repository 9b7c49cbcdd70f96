import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { ProblemError, readClientFacts, type Caller } from '@sallyport/kit';
import { type ListedSession } from '@sallyport/stores';
import { readQuery } from '../http/read-query.ts';
import { endSessions } from './end-sessions.ts';
import { ownSessions, requireCaller } from './read-caller-session.ts';
import type { SessionDeps } from './session-deps.ts';

/** Returns the sessions to end. Two providers may each have a user of the same name, so `provider` narrows it. */
async function selectSessions(
  { sessions }: Pick<SessionDeps, 'sessions'>,
  caller: Caller,
  request: IncomingMessage,
): Promise<ListedSession[]> {
  const query = readQuery(request);
  const [user, all, provider] = [query.get('user'), query.get('all'), query.get('provider')];
  if ((user === null) === (all === null) || (all !== null && all !== 'true') || user === '')
    throw new ProblemError('bad-request', 'Specify either user=<name>, or all=true for the sessions of all users.');
  if (!caller.privileged) {
    if (user !== caller.identity.user)
      throw new ProblemError('forbidden', 'You may only end your own sessions (api.policy.sessions).');
    return ownSessions(sessions, caller);
  }
  return (await sessions.list()).filter(
    ({ identity }) =>
      (user === null || identity.user === user) && (provider === null || identity.provider === provider),
  );
}

/**
 * `DELETE /v1/sessions?user=<name>` or `?all=true`, `&provider=<id>`: ends all sessions of one user or of all users, if
 * `api.policy.sessions` allows the caller to. Without that right, callers can end all their own sessions. Answers with
 * their number (`revoked`), and with `recorded: false` if the audit log has not recorded all of it in time.
 */
export function revokeSessions(deps: Pick<SessionDeps, 'sessions' | 'events'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const found = await selectSessions(deps, caller, request);
    const facts = { ...readClientFacts(request), clientAddress: caller.clientAddress };
    const { ended: revoked, recorded } = await endSessions(
      found.map(({ id }) => id),
      {
        end: (id) => deps.sessions.revoke(id, { by: caller.identity.user, reason: 'revoked' }),
        record: (ended) =>
          deps.events.revoked(ended, {
            caller: caller.identity,
            path: '/v1/sessions',
            facts,
            reason: 'revoked with others',
          }),
      },
      caller.session.id,
    );
    response.json({ revoked, ...(recorded ? {} : { recorded }) });
  };
}
