import { randomBytes } from 'node:crypto';
import { createDirectoryStore } from '@sallyport/directory';
import {
  createMemoryNameStore,
  createMemoryProviderTokenStore,
  createSessionStores,
  createTokenSealer,
  loadSealingKeys,
  type ProviderTokenStore,
} from '@sallyport/stores';
import type { TokenStorage } from '../tokens/provider-tokens.ts';
import type { Closing, StartAuthenticate } from './start-parts.ts';

/** Opens the stores that the caller did not provide. */
export async function openStores(
  {
    loaded: { config, resolvePath },
    logger,
    now = Date.now,
    sessions,
    singleUse,
    names,
    providerTokens,
    directory,
  }: StartAuthenticate,
  closing: Closing,
) {
  if (sessions && singleUse)
    return {
      sessions,
      singleUse,
      names: names ?? createMemoryNameStore({ now }),
      tokens: providerTokens ?? createMemoryProviderTokenStore({ now }),
      directory: directory ?? createDirectoryStore({ redis: undefined, now }),
    };
  const stores = await createSessionStores(config.sessions, { logger, now, resolvePath });
  closing.push(stores.close);
  return {
    sessions: sessions ?? stores.sessions,
    singleUse: singleUse ?? stores.singleUse,
    names: names ?? stores.names,
    tokens: providerTokens ?? stores.tokens,
    directory: directory ?? createDirectoryStore({ redis: stores.redis, now }),
  };
}

/**
 * Opens the storage of provider tokens. Sessions in memory end with the process, so a random key is enough. Redis must
 * not hold tokens that anyone who can read it could use, so without configured keys nothing is stored there.
 */
export function openTokenStorage(
  { loaded, logger }: StartAuthenticate,
  tokens: ProviderTokenStore,
): TokenStorage | undefined {
  const keys = loadSealingKeys(loaded);
  if (keys.length > 0) return { tokens, sealer: createTokenSealer(keys) };
  if (!('redis' in loaded.config.sessions))
    return { tokens, sealer: createTokenSealer([{ id: 'of-this-process', key: randomBytes(32) }]) };
  logger.warn(
    'sessions.encryption has no keys, so refresh tokens are not stored: sessions last until they expire, whatever changes for the user at the identity provider',
  );
  return undefined;
}
