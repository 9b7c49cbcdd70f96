import type { Logger } from '@sallyport/kit';
import type { ProviderTokenStore, SessionStore } from '@sallyport/stores';

/**
 * Wraps a session store so that revoking a session also deletes its provider tokens. Tokens that remain because their
 * store is down are deleted when their refresh is due.
 */
export function deleteTokensWithSessions(
  sessions: SessionStore,
  deps: { tokens: ProviderTokenStore; logger: Logger },
): SessionStore {
  return {
    ...sessions,
    async revoke(sessionId, by) {
      const ended = await sessions.revoke(sessionId, by);
      if (ended)
        await deps.tokens
          .forget(sessionId)
          .catch((error: unknown) =>
            deps.logger.warn({ err: error, session: sessionId }, 'the tokens of an ended session were not deleted yet'),
          );
      return ended;
    },
  };
}
