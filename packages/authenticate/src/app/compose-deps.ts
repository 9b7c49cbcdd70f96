import type { Logger } from '@sallyport/kit';
import type { ProviderTokenStore, SessionStore } from '@sallyport/stores';
import type { OpenedDirectory } from '@sallyport/directory';
import { providerWithDirectory } from '../directory/provider-with-directory.ts';
import type { AuthenticateDeps } from './authenticate-deps.ts';

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

/**
 * Wraps the session store and the provider clients in their layers. This is the only place that does so, and the order
 * matters. What may refuse a new session (the limit per user, a logout at the provider) is not a layer: `openSession`
 * checks it, in order.
 */
export function composeDeps(
  bare: AuthenticateDeps,
  openDirectory?: (deps: AuthenticateDeps) => OpenedDirectory,
): { deps: AuthenticateDeps; directory: OpenedDirectory | undefined } {
  const { sessions: stored, providers, tokenStorage, logger } = bare;
  // 1. Revoking a session deletes its provider tokens. Innermost, so that this also happens when the directory revokes.
  const withTokens = tokenStorage ? deleteTokensWithSessions(stored, { tokens: tokenStorage.tokens, logger }) : stored;
  const deps = { ...bare, sessions: withTokens };
  const directory = openDirectory?.(deps);
  if (!directory) return { deps, directory };
  return {
    directory,
    deps: {
      ...deps,
      // 2. New and refreshed sessions match the directory. Around 1, because the directory itself revokes through 1.
      sessions: directory.sessions,
      // 3. Logins and refreshes get their groups from the directory, before a session is created or updated.
      providers: providers.map((client) => providerWithDirectory(client, directory.directory)),
      ...(directory.scim ? { scim: directory.scim } : {}),
    },
  };
}
