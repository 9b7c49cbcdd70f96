import type { Check } from '@sallyport/contracts';
import { withDeadline } from '@sallyport/kit';
import type { SessionLookup, SessionStore } from '@sallyport/stores';
import { sessionsUnavailable } from './sessions-unavailable.ts';

/** Waits for the session store, but not for long. */
export const withStoreTimeout = <T>(asked: Promise<T>, storeTimeoutMs: number): Promise<T> =>
  withDeadline(asked, storeTimeoutMs, sessionsUnavailable);

/** What the session store says of whoever asks; undefined without a credential. */
export async function findCallerSession(
  { credential }: Pick<Check, 'credential'>,
  deps: { sessions: Pick<SessionStore, 'find'>; storeTimeoutMs: number },
): Promise<SessionLookup | undefined> {
  return credential.kind === 'token'
    ? (await withStoreTimeout(deps.sessions.find([credential.hash]), deps.storeTimeoutMs))[0]
    : undefined;
}
