import { ProblemError, type Logger } from '@sallyport/kit';
import { type SessionStore } from '@sallyport/stores';
import type { Directory } from '../groups/create-directory.ts';
import { reconcileSession, type ReconcileSessionDeps } from './reconcile-session.ts';

export type ReconcilingSessionStoreDeps = Omit<ReconcileSessionDeps, 'sessions'> & {
  directory: Directory;
  logger: Logger;
};

/**
 * The same sessions, which hang on the directory from their beginning: a session is linked before it is made, and
 * looked at once it is there, so that no change between the login and the session is missed. What a refresh writes is
 * looked at as well.
 */
export function createReconcilingSessionStore(sessions: SessionStore, deps: ReconcilingSessionStoreDeps): SessionStore {
  const { directory, logger } = deps;
  return {
    ...sessions,
    async create(tokenHash, session) {
      if (!directory.appliesTo(session.identity.provider)) return sessions.create(tokenHash, session);
      await directory.link(session.identity, session.expiresAt);
      await sessions.create(tokenHash, session);
      const settled = await reconcileSession({ ...deps, sessions }, session.id).catch(async (error: unknown) => {
        await sessions.revoke(session.id, { by: 'authenticate', reason: 'revoked' });
        throw error;
      });
      if (settled === 'ended')
        throw new ProblemError(
          'login-failed',
          'Your account was deactivated, or put out of what lets you in here, while you logged in.',
        );
    },
    async update(sessionId, change) {
      const after = await sessions.update(sessionId, change);
      if (!after || !directory.appliesTo(after.identity.provider)) return after;
      await directory.link(after.identity, after.expiresAt);
      // A source that cannot be asked just now said something a moment ago, and whatever changes there is noted.
      const settled = await reconcileSession({ ...deps, sessions }, sessionId).catch((error: unknown) => {
        logger.warn({ err: error, session: sessionId }, 'a session could not be compared with the directory');
        return undefined;
      });
      if (settled === 'ended') return undefined;
      if (settled !== 'changed') return after;
      const found = await sessions.read(sessionId);
      return found.state === 'live' ? found.session : undefined;
    },
  };
}
