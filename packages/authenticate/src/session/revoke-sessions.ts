import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { isLogin, type RightsEnd } from '@sallyport/contracts';
import { ProblemError, readClientFacts, userUid, type Caller } from '@sallyport/kit';
import { type ListedSession } from '@sallyport/stores';
import { readQuery } from '../http/read-query.ts';
import { endSessions } from './end-sessions.ts';
import { ownSessions, requireCaller } from './read-caller-session.ts';
import type { SessionDeps } from './session-deps.ts';

/** The sessions to end, the service accounts that the user has made and that go on, and whose elevations end. */
type Selection = { chosen: ListedSession[]; left: ListedSession[]; ends: RightsEnd['of'][] };

function readSelection(request: IncomingMessage) {
  const query = readQuery(request);
  const [user, all, provider] = [query.get('user'), query.get('all'), query.get('provider')];
  if ((user === null) === (all === null) || (all !== null && all !== 'true') || user === '')
    throw new ProblemError('bad-request', 'Specify either user=<name>, or all=true for the sessions of all users.');
  const made = query.get('serviceAccounts');
  if (made !== null && (made !== 'true' || user === null || provider !== null))
    throw new ProblemError('bad-request', 'serviceAccounts must be true, and goes with user=<name> alone.');
  return { user, provider, withMade: made !== null };
}

/**
 * Returns whose elevations end with these sessions: those of everybody who is named, whether or not they are logged in.
 * With a provider, only those of its users who are.
 */
function whoEnds(
  { identity, session, privileged }: Caller,
  { user, provider }: Pick<ReturnType<typeof readSelection>, 'user' | 'provider'>,
  chosen: readonly ListedSession[],
): RightsEnd['of'][] {
  if (!privileged) return isLogin(session) ? [{ issuer: identity.issuer, subject: identity.subject }] : [];
  if (provider === null) return [user === null ? 'everybody' : { user }];
  const people = chosen.filter(isLogin).map(({ identity: { issuer, subject } }) => ({ issuer, subject }));
  return [...new Map(people.map((one) => [JSON.stringify(one), one])).values()];
}

/** Returns what to end. Two providers may each have a user of the same name, so `provider` narrows it. */
async function selectSessions(
  { sessions }: Pick<SessionDeps, 'sessions'>,
  caller: Caller,
  request: IncomingMessage,
): Promise<Selection> {
  const { user, provider, withMade } = readSelection(request);
  if (!caller.privileged && user !== caller.identity.user)
    throw new ProblemError('forbidden', 'You may only end your own sessions (api.policy.sessions).');
  if (withMade && !isLogin(caller.session))
    throw new ProblemError('forbidden', 'Only a person who has logged in can end service accounts.');
  const all = await sessions.list();
  const own = caller.privileged ? undefined : await ownSessions(sessions, caller);
  const chosen =
    own ??
    all.filter(
      ({ identity }) =>
        (user === null || identity.user === user) && (provider === null || identity.provider === provider),
    );
  // A person who was renamed has made some under another name.
  const isChosen = new Set(chosen.map(({ identity }) => userUid(identity)));
  const made = all.filter(({ serviceAccount }) =>
    serviceAccount === undefined || user === null
      ? false
      : own
        ? userUid(serviceAccount.maker) === userUid(caller.identity)
        : serviceAccount.maker.user === user || isChosen.has(userUid(serviceAccount.maker)),
  );
  const ends = whoEnds(caller, { user, provider }, chosen);
  return withMade ? { chosen: [...chosen, ...made], left: [], ends } : { chosen, left: made, ends };
}

/**
 * `DELETE /v1/sessions?user=<name>` or `?all=true`, `&provider=<id>`: ends all sessions of one user or of all users, if
 * `api.policy.sessions` allows the caller to. Without that right, callers can end all their own sessions. Service accounts
 * that a user has made outlive the sessions of the user, unless `&serviceAccounts=true` names them too. Answers with the
 * numbers of what ended (`revoked`) and of the service accounts that go on, and with `recorded: false` if the audit log
 * has not recorded all of it in time.
 */
export function revokeSessions(deps: Pick<SessionDeps, 'sessions' | 'events'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const { chosen, left, ends } = await selectSessions(deps, caller, request);
    const facts = { ...readClientFacts(request), clientAddress: caller.clientAddress };
    const { ended: revoked, recorded } = await endSessions(
      chosen.map(({ id }) => id),
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
    for (const of of ends) await deps.sessions.endRights(of, 'revoked');
    response.json({
      revoked,
      ...(left.length === 0 ? {} : { serviceAccountsLeft: left.length }),
      ...(recorded ? {} : { recorded }),
    });
  };
}
