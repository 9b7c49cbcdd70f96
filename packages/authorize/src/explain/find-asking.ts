import type { Check } from '@sallyport/contracts';
import { ProblemError, type SessionLookup, type SessionStore } from '@sallyport/kit';
import { withDeadline } from '../check/with-deadline.ts';

const storeAway = () => new ProblemError('sessions-unavailable', 'The session store does not answer, so nobody can be recognised. Try again shortly.');

/** Waits for the session store, but not for long. */
export const soon = <T>(asked: Promise<T>, storeTimeoutMs: number): Promise<T> => withDeadline(asked, storeTimeoutMs, storeAway);

/** What the session store says of whoever asks; undefined without a credential. */
export async function findAsking({ credential }: Check, deps: { sessions: Pick<SessionStore, 'find'>; storeTimeoutMs: number }): Promise<SessionLookup | undefined> {
  return credential.kind === 'token' ? (await soon(deps.sessions.find([credential.hash]), deps.storeTimeoutMs))[0] : undefined;
}
