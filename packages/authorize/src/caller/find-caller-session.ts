import { ProblemError, withDeadline } from '@sallyport/kit';
import type { Check } from '@sallyport/contracts';
import type { SessionLookup, SessionStore } from '@sallyport/stores';

/** Returns the problem for a session store that does not respond. */
export const sessionsUnavailable = (): ProblemError =>
  new ProblemError(
    'sessions-unavailable',
    'The session store does not respond, so no login can be verified. Try again shortly.',
  );

/** Waits for the session store, up to its timeout. */
export const withStoreTimeout = <T>(lookup: Promise<T>, storeTimeoutMs: number): Promise<T> =>
  withDeadline(lookup, storeTimeoutMs, sessionsUnavailable);

/** Looks up the session of the caller; undefined without a credential. */
export async function findCallerSession(
  { credential }: Pick<Check, 'credential'>,
  deps: { sessions: Pick<SessionStore, 'find'>; storeTimeoutMs: number },
): Promise<SessionLookup | undefined> {
  return credential.kind === 'token'
    ? (await withStoreTimeout(deps.sessions.find([credential.hash]), deps.storeTimeoutMs))[0]
    : undefined;
}
