import type { Check } from '@sallyport/contracts';
import { withDeadline } from '@sallyport/kit';
import type { SessionLookup, SessionStore } from '@sallyport/stores';
import { sessionStoreAway } from './session-store-away.ts';

/** Waits for the session store, but not for long. */
export const soon = <T>(asked: Promise<T>, storeTimeoutMs: number): Promise<T> =>
  withDeadline(asked, storeTimeoutMs, sessionStoreAway);

/** What the session store says of whoever asks; undefined without a credential. */
export async function findAsking(
  { credential }: Pick<Check, 'credential'>,
  deps: { sessions: Pick<SessionStore, 'find'>; storeTimeoutMs: number },
): Promise<SessionLookup | undefined> {
  return credential.kind === 'token'
    ? (await soon(deps.sessions.find([credential.hash]), deps.storeTimeoutMs))[0]
    : undefined;
}
