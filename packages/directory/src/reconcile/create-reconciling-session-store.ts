import { ProblemError, type Logger } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import type { Directory } from '../groups/create-directory.ts';
import { reconcileSession, type ReconcileSessionDeps } from './reconcile-session.ts';

type ReconcilingSessionStoreDeps = Omit<ReconcileSessionDeps, 'sessions'> & {
  directory: Directory;
  logger: Logger;
};

/**
 * Decorates a session store so that every session follows the directory from its start. A session is linked before it
 * is created and reconciled right after, so no change between login and session is missed. Refreshed sessions are
 * reconciled too.
 */
export function createReconcilingSessionStore(sessions: SessionStore, deps: ReconcilingSessionStoreDeps): SessionStore {
  const { directory, logger } = deps;
  return {
    ...sessions,
    async create(tokenHash, session) {
      if (!directory.appliesTo(session.identity.provider)) return sessions.create(tokenHash, session);
      await directory.link(session.identity, session.expiresAt);
      await sessions.create(tokenHash, session);
      const outcome = await reconcileSession({ ...deps, sessions }, session.id).catch(async (error: unknown) => {
        await sessions.revoke(session.id, { by: 'authenticate', reason: 'revoked' });
        throw error;
      });
      if (outcome === 'ended')
        throw new ProblemError(
          'login-failed',
          'Your account was deactivated, or lost the right to log in, during this login.',
        );
    },
    async update(sessionId, change) {
      const after = await sessions.update(sessionId, change);
      if (!after || !directory.appliesTo(after.identity.provider)) return after;
      await directory.link(after.identity, after.expiresAt);
      // The refresh has just queried the sources. Whatever changes in one that fails now is noted in the store.
      const outcome = await reconcileSession({ ...deps, sessions }, sessionId).catch((error: unknown) => {
        logger.warn({ err: error, session: sessionId }, 'cannot reconcile a session with the directory');
        return undefined;
      });
      if (outcome === 'ended') return undefined;
      if (outcome !== 'changed') return after;
      const found = await sessions.read(sessionId);
      return found.state === 'live' ? found.session : undefined;
    },
  };
}
