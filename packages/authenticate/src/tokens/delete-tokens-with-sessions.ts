import type { Logger } from '@sallyport/kit';
import type { ProviderTokenStore, SessionStore } from '@sallyport/stores';

/**
 * The same sessions, which take what their providers gave with them when they are ended. What stays behind because its
 * store is away goes when it is due.
 */
export function forgetWithSessions(
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
            deps.logger.warn({ err: error, session: sessionId }, 'the tokens of an ended session are still kept'),
          );
      return ended;
    },
  };
}
