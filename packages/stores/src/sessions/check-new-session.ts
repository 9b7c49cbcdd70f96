import { isLogin, type Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { mayHangOn } from './join-parent.ts';
import type { SessionLookup } from './session-store.ts';

/** Throws if a session cannot hang on its parent, given what the parent is now. */
export function checkParent(session: Session, parent: SessionLookup): void {
  if (parent.state !== 'live')
    throw new ProblemError('login-expired', 'The login on which this would depend has ended. Log in again.');
  if (!mayHangOn(session, parent.session))
    throw new ProblemError('conflict', 'A session can only hang on a login of the same person that lasts as long.');
}

/** Returns the text of a new session. Only log-ins have a version that every version of the gateway can read. */
export function writeNewSession(session: Session): string {
  return JSON.stringify({ ...session, version: isLogin(session) ? 1 : 2 } satisfies Session);
}
