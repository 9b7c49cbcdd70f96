import type { Session } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { ProviderTokenStore, TokenSealer } from '@sallyport/stores';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import { nextRefresh } from '../refresh/next-refresh.ts';
import { sealTokens, type LoginTokens } from './provider-tokens.ts';

export type KeepTokensDeps = {
  keeping?: { tokens: ProviderTokenStore; sealer: TokenSealer };
  providers: readonly Pick<ProviderClient, 'id' | 'refreshing'>[];
  random?: () => number;
  logger: Pick<Logger, 'info'>;
};

/**
 * Keeps what the provider gave for a session that is about to be made, sealed for it alone, and says when it is to be
 * refreshed.
 */
export async function keepTokens(
  { keeping, providers, random = Math.random, logger }: KeepTokensDeps,
  session: Session,
  tokens: LoginTokens,
  provenAt: number,
): Promise<void> {
  const refreshing = providers.find(({ id }) => id === session.identity.provider)?.refreshing;
  if (keeping && tokens.refreshToken === undefined)
    logger.info(
      { provider: session.identity.provider, session: session.id },
      'no refresh token came with this login, so the session lives to its end',
    );
  if (!keeping || (tokens.refreshToken === undefined && tokens.idToken === undefined)) return;
  const {
    id,
    createdAt,
    expiresAt,
    identity: { provider },
  } = session;
  const dueAt =
    tokens.refreshToken === undefined || !refreshing ? undefined : nextRefresh(provenAt, refreshing.interval, random);
  await keeping.tokens.keep(
    {
      sessionId: id,
      provider,
      sealed: sealTokens(keeping.sealer, tokens, id),
      createdAt,
      expiresAt,
      succeededAt: provenAt,
      failures: 0,
    },
    dueAt,
  );
}
