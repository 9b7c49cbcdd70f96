import type { IncomingMessage } from 'node:http';
import { ProblemError, readCaller, type Caller } from '@sallyport/kit';
import { type ListedSession, type SessionStore } from '@sallyport/stores';

/** The person for whom the gateway makes this call; it has looked their credential up already. */
export function requireCaller({ headers }: IncomingMessage): Caller {
  const caller = readCaller(headers);
  if (!caller) throw new ProblemError('unauthenticated', 'You are not logged in. Log in first.');
  return caller;
}

/** The caller's sessions that live now. */
export function ownSessions(
  sessions: SessionStore,
  { identity: { issuer, subject } }: Caller,
): Promise<ListedSession[]> {
  return sessions.list({ issuer, subject });
}

/** The session that makes the call; undefined if it has ended meanwhile. */
export async function callerSession(sessions: SessionStore, caller: Caller): Promise<ListedSession | undefined> {
  return (await ownSessions(sessions, caller)).find(({ id }) => id === caller.session.id);
}
