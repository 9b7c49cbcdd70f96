import type { IncomingMessage } from 'node:http';
import type { Session } from '@sallyport/contracts';
import type { RequestHandler, Response } from 'express';
import { ProblemError, readCaller, readClientFacts, type Caller, type ClientFacts } from '@sallyport/kit';
import type { ListedSession, SessionStore } from '@sallyport/stores';
import { readQuery } from '../http/read-request.ts';
import type { HandlerDeps } from './handler-deps.ts';

/** Returns the user for whom the gateway makes this call. The gateway has already verified their credential. */
export function requireCaller({ headers }: IncomingMessage): Caller {
  const caller = readCaller(headers);
  if (!caller) throw new ProblemError('unauthenticated', 'You are not logged in. Log in first.');
  return caller;
}

/** The program and the address of a caller. The gateway has seen the address. */
export const factsOf = (request: IncomingMessage, { clientAddress }: Caller): ClientFacts => ({
  ...readClientFacts(request),
  clientAddress,
});

/** Reads `all` of the query. Refuses `all=true` for a caller who may see only their own of `what`. */
export function readAll(request: IncomingMessage, { privileged }: Caller, what: string): boolean {
  const all = readQuery(request).get('all') ?? 'false';
  if (all !== 'true' && all !== 'false') throw new ProblemError('bad-request', 'all must be true or false.');
  if (all === 'true' && !privileged) throw new ProblemError('forbidden', `You may only see ${what}.`);
  return all === 'true';
}

/** Answers that something has ended: with 204, or with 200 if the audit log has not recorded it in time. */
export function sendEnded(response: Response, recorded: boolean, late: object = {}): void {
  if (recorded) response.status(204).end();
  else response.json({ ...late, recorded });
}

/**
 * Creates the handler that ends the session in the path, if the caller may. Otherwise it answers as if there were none.
 * Answers with 204, or with 200 and `late` if the audit log has not recorded the end in time.
 */
export function revokeOne(
  deps: Pick<HandlerDeps, 'sessions' | 'events'>,
  { path, what, late = {} }: { path: string; what: string; late?: object },
  may: (caller: Caller, session: Session) => boolean,
): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const { identity } = caller;
    const id = String(request.params['id']);
    const found = await deps.sessions.read(id);
    const ended =
      found.state === 'live' && may(caller, found.session)
        ? await deps.sessions.revoke(id, { by: identity.user, reason: 'revoked' })
        : undefined;
    const by = { caller: identity, path, facts: factsOf(request, caller), reason: 'revoked' };
    const recorded = ended && (await deps.events.revoked(ended, by));
    // Also for what had ended: the caller may repeat an end of which it was not known whether replicas have it.
    await deps.sessions.confirm();
    if (recorded === undefined) throw new ProblemError('not-found', `No live ${what} has this ID, or it is not yours.`);
    sendEnded(response, recorded, late);
  };
}

/** Reports whether a session is of the caller, or the caller may act on those of others. */
export const isForCaller = ({ identity, privileged }: Caller, { identity: { issuer, subject } }: Session): boolean =>
  privileged || (issuer === identity.issuer && subject === identity.subject);

/** Returns the caller's live sessions. */
export function ownSessions(
  sessions: SessionStore,
  { identity: { issuer, subject } }: Caller,
): Promise<ListedSession[]> {
  return sessions.list({ issuer, subject });
}

/** Returns the session that makes the call, or undefined if it has just ended. */
export async function callerSession(sessions: SessionStore, caller: Caller): Promise<ListedSession | undefined> {
  return (await ownSessions(sessions, caller)).find(({ id }) => id === caller.session.id);
}
