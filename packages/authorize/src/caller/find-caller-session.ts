import { ProblemError, withDeadline } from '@sallyport/kit';
import type { Check, Session } from '@sallyport/contracts';
import type { SessionLookup, SessionStore } from '@sallyport/stores';
import type { PolicySet } from '../policies/policy-set.ts';

/** Returns the problem for a session store that does not respond. */
export const sessionsUnavailable = (): ProblemError =>
  new ProblemError(
    'sessions-unavailable',
    'The session store does not respond, so no login can be verified. Try again shortly.',
  );

/** Waits for the session store, up to its timeout. */
export const withStoreTimeout = <T>(lookup: Promise<T>, storeTimeoutMs: number): Promise<T> =>
  withDeadline(lookup, storeTimeoutMs, sessionsUnavailable);

/** What is needed to answer for a caller, by the policies in force. */
export type CallerDeps = {
  sessions: Pick<SessionStore, 'find'>;
  policies: Pick<PolicySet, 'current'>;
  now: () => number;
  storeTimeoutMs: number;
};

/** Looks up the session of the caller; undefined without a credential. */
export async function findCallerSession(
  { credential }: Pick<Check, 'credential'>,
  deps: Pick<CallerDeps, 'sessions' | 'storeTimeoutMs'>,
): Promise<SessionLookup | undefined> {
  return credential.kind === 'token'
    ? (await withStoreTimeout(deps.sessions.find([credential.hash]), deps.storeTimeoutMs))[0]
    : undefined;
}

/** Finds the live session of the caller, and the time. Rejects with `unauthenticated` or `sessions-unavailable`. */
export async function requireCallerSession(
  check: Pick<Check, 'credential'>,
  deps: Omit<CallerDeps, 'policies'>,
): Promise<{ session: Session; now: number }> {
  const found = await findCallerSession(check, deps);
  const now = deps.now();
  if (found?.state !== 'live' || !(found.session.expiresAt > now) || !found.session.identity.user)
    throw new ProblemError('unauthenticated', 'This login is unknown or has expired. Log in again.');
  return { session: found.session, now };
}
