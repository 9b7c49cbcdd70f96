import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import { ProblemError, readCaller, readClientFacts, type Caller, type ClientFacts } from '@sallyport/kit';
import type { ListedSession, SessionStore } from '@sallyport/stores';
import type { Pages } from '@sallyport/pages';
import type { LoginEvents } from '../events/login-events.ts';
import type { LoginSettings } from '../http/login-settings.ts';
import { readQuery } from '../http/read-request.ts';

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
export function sendEnded(response: Response, recorded: boolean): void {
  if (recorded) response.status(204).end();
  else response.json({ recorded });
}

/** Ends a session for a caller, unless there is none. Reports whether the audit log has recorded that in time. */
export async function revokeFor(
  caller: Caller,
  id: string | undefined,
  { deps, path, request }: { deps: Pick<SessionDeps, 'sessions' | 'events'>; path: string; request: IncomingMessage },
): Promise<{ recorded: boolean } | undefined> {
  const { identity } = caller;
  const ended = id === undefined ? undefined : await deps.sessions.revoke(id, { by: identity.user, reason: 'revoked' });
  if (!ended) return undefined;
  const by = { caller: identity, path, facts: factsOf(request, caller), reason: 'revoked' };
  return { recorded: await deps.events.revoked(ended, by) };
}

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

/** The dependencies of the routes that show and revoke sessions. */
export type SessionDeps = {
  sessions: SessionStore;
  events: Pick<LoginEvents, 'revoked'>;
  settings: Pick<LoginSettings, 'origins'>;
  pages: Pages;
  providers: readonly { id: string; name: string }[];
  now: () => number;
};
