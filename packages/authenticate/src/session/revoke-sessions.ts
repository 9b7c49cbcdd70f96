import type { IncomingMessage } from 'node:http';
import { type Session, isLogin, type RightsEnd } from '@sallyport/contracts';
import type { RequestHandler } from 'express';
import { ProblemError, userUid, type Caller } from '@sallyport/kit';
import type { ListedSession } from '@sallyport/stores';
import { readQuery } from '../http/read-request.ts';
import { ownSessions, requireCaller, factsOf, isForCaller, revokeOne } from './caller-session.ts';
import type { HandlerDeps } from './handler-deps.ts';

const atOnce = 32;

/** What ended: how many sessions were live, and whether the audit log has recorded the end of all of them in time. */
export type EndedSessions = { ended: number; recorded: boolean };

/**
 * Ends sessions in small batches, so that the store and the audit log keep up. Ends the session `last` after all
 * others. No session waits until the end of another is recorded. `record` reports whether one is, and never rejects.
 */
export async function endSessions(
  ids: readonly string[],
  steps: { end(id: string): Promise<Session | undefined>; record(ended: Session): Promise<boolean> },
  last?: string,
): Promise<EndedSessions> {
  const records: Promise<boolean>[] = [];
  const end = async (id: string) => {
    const ended = await steps.end(id);
    if (ended) records.push(steps.record(ended));
  };
  const others = ids.filter((id) => id !== last);
  for (let from = 0; from < others.length; from += atOnce)
    await Promise.all(others.slice(from, from + atOnce).map(end));
  if (last !== undefined && ids.includes(last)) await end(last);
  const recorded = await Promise.all(records);
  return { ended: recorded.length, recorded: recorded.every(Boolean) };
}

/**
 * `DELETE /v1/sessions/{id}`: ends one of the caller's sessions, or any session if `api.policy.sessions` allows the
 * caller to. Without that right, sessions of other users look as if they did not exist. Answers with 204, or with 200
 * and `recorded: false` if the audit log has not recorded the end in time.
 */
export function revokeSession(deps: Pick<HandlerDeps, 'sessions' | 'events'>): RequestHandler {
  return revokeOne(deps, { path: '/v1/sessions', what: 'session', late: { revoked: 1 } }, isForCaller);
}

/** The sessions to end, the service accounts that the user has made and that go on, and whose elevations end. */
type Selection = { chosen: ListedSession[]; left: ListedSession[]; ends: RightsEnd['of'][] };

function readSelection(request: IncomingMessage) {
  const query = readQuery(request);
  const user = query.get('user');
  const all = query.get('all');
  const provider = query.get('provider');
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

/** What to end. Two providers may each have a user of the same name, so `provider` narrows it. */
async function selectSessions(
  { sessions }: Pick<HandlerDeps, 'sessions'>,
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
export function revokeSessions(deps: Pick<HandlerDeps, 'sessions' | 'events'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const { chosen, left, ends } = await selectSessions(deps, caller, request);
    const facts = factsOf(request, caller);
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
    await deps.sessions.confirm();
    response.json({
      revoked,
      ...(left.length === 0 ? {} : { serviceAccountsLeft: left.length }),
      ...(recorded ? {} : { recorded }),
    });
  };
}
