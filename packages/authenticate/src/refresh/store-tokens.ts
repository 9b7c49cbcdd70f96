import type { Session } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { ProviderClient } from '../providers/client/provider-client.ts';
import { sealTokens, type ProviderTokens, type TokenStorage } from '../tokens/provider-tokens.ts';
import { nextRefresh } from './next-refresh.ts';

export type StoreTokensDeps = {
  /** Without it no tokens are stored, and sessions are not refreshed. */
  tokenStorage?: TokenStorage;
  providers: readonly Pick<ProviderClient, 'id' | 'refreshing'>[];
  random?: () => number;
  logger: Pick<Logger, 'info'>;
};

/** Stores the provider tokens of a session that is about to be created, sealed for it, and schedules its refresh. */
export async function storeTokens(
  { tokenStorage, providers, random = Math.random, logger }: StoreTokensDeps,
  session: Session,
  tokens: ProviderTokens,
  provenAt: number,
): Promise<void> {
  const refreshing = providers.find(({ id }) => id === session.identity.provider)?.refreshing;
  if (tokenStorage && tokens.refreshToken === undefined)
    logger.info(
      { provider: session.identity.provider, session: session.id },
      'the provider issued no refresh token at this login, so the session is not refreshed',
    );
  if (!tokenStorage || (tokens.refreshToken === undefined && tokens.idToken === undefined)) return;
  const { identity, id, createdAt, expiresAt } = session;
  const { provider } = identity;
  const dueAt =
    tokens.refreshToken === undefined || !refreshing ? undefined : nextRefresh(provenAt, refreshing.interval, random);
  await tokenStorage.tokens.keep(
    {
      sessionId: id,
      provider,
      sealed: sealTokens(tokenStorage.sealer, tokens, id),
      createdAt,
      expiresAt,
      succeededAt: provenAt,
      failures: 0,
    },
    dueAt,
  );
}
