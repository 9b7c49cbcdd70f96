import type { IncomingMessage } from 'node:http';
import { ProblemError, readCaller, type Caller } from '@sallyport/kit';
import { type ListedSession, type SessionStore } from '@sallyport/stores';

/** Returns the user for whom the gateway makes this call. The gateway has already verified their credential. */
export function requireCaller({ headers }: IncomingMessage): Caller {
  const caller = readCaller(headers);
  if (!caller) throw new ProblemError('unauthenticated', 'You are not logged in. Log in first.');
  return caller;
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
