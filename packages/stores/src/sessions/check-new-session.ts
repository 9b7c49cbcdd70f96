import { isLogin, type Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { mayHangOn } from './join-parent.ts';
import type { SessionLookup } from './session-store.ts';

/** Throws if a session cannot hang on its parent, given what the parent is now. Returns when the parent ends unless it is used. */
export function checkParent(session: Session, parent: SessionLookup): number {
  if (parent.state !== 'live')
    throw new ProblemError('login-expired', 'The login on which this would depend has ended. Log in again.');
  if (!mayHangOn(session, parent.session))
    throw new ProblemError('conflict', 'A session can only hang on a login of the same person that lasts as long.');
  return parent.idleEndsAt;
}

/** Returns a new session as it is stored. Only log-ins have a version that every version of the gateway can read. */
export const asStored = (session: Session): Session => ({ ...session, version: isLogin(session) ? 1 : 2 });
