import { isLogin, type Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { SessionLookup } from './session-store.ts';

type Live = SessionLookup & { state: 'live' };

/** The last result for each session. Callers derive things from a session by its object, which must stay the same. */
const joined = new WeakMap<Session, { parent: Session; session: Session }>();

function withIdentityOf(child: Session, parent: Session): Session {
  const before = joined.get(child);
  if (before?.parent === parent) return before.session;
  const session = { ...child, identity: parent.identity };
  if (Object.isFrozen(child)) Object.freeze(session);
  joined.set(child, { parent, session });
  return session;
}

/**
 * Reports whether a session may be a child of another: a login of the same person, or a session of the same workload,
 * that lasts at least as long.
 */
function mayBeChildOf(child: Session, parent: Session): boolean {
  return (
    parent.id === child.parent?.id &&
    // Of programs, only a workload has children: the tokens for which it exchanged its own.
    (isLogin(parent) || (parent.kind === 'workload' && child.kind === 'workload')) &&
    parent.parent === undefined &&
    child.expiresAt <= parent.expiresAt &&
    parent.identity.issuer === child.identity.issuer &&
    parent.identity.subject === child.identity.subject
  );
}

/** What a live session with a parent is, given what its parent is. Anything but a live parent ends it. */
export function joinParent(child: Live, parent: SessionLookup | undefined): SessionLookup {
  if (parent?.state === 'revoked') {
    const { revokedAt, by } = parent.tombstone;
    return { state: 'revoked', tombstone: { id: child.session.id, revokedAt, by, reason: 'parent-ended' } };
  }
  if (parent?.state !== 'live' || !mayBeChildOf(child.session, parent.session)) return { state: 'unknown' };
  const { state: _state, ...rest } = parent;
  return { ...child, session: withIdentityOf(child.session, parent.session), parent: rest };
}

/**
 * Throws if a session cannot be a child of its parent, given what the parent is now. Returns when the parent ends unless
 * it is used.
 */
export function checkParent(session: Session, parent: SessionLookup): number {
  if (parent.state !== 'live')
    throw new ProblemError('login-expired', 'The login on which this would depend has ended. Log in again.');
  if (!mayBeChildOf(session, parent.session))
    throw new ProblemError(
      'conflict',
      'The parent of a session can only be a login of the same person that lasts as long.',
    );
  return parent.idleEndsAt;
}

/** Returns a new session as it is stored. Only logins have a version that every version of the gateway can read. */
export const asStored = (session: Session): Session => ({ ...session, version: isLogin(session) ? 1 : 2 });
