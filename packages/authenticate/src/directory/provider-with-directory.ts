import { ProblemError } from '@sallyport/kit';
import type { Directory } from '@sallyport/directory';
import type { ProviderClient } from '../providers/client/provider-client.ts';
import { RefreshFailure } from '../providers/client/provider-problem.ts';
import type { ProviderTokens } from '../tokens/provider-tokens.ts';

/** Keeps the tokens that the provider issued at a refresh, when the directory refuses or cannot be reached. */
function asRefreshFailure(error: unknown, tokens: ProviderTokens): RefreshFailure {
  if (!(error instanceof ProblemError)) throw error;
  return new RefreshFailure(error.detail, { tokens, ...(error.code === 'login-failed' ? { ends: 'changed' } : {}) });
}

/** Wraps a provider client so that the directory completes or refuses every identity. */
export function providerWithDirectory(
  client: ProviderClient,
  directory: Pick<Directory, 'admit' | 'appliesTo'>,
): ProviderClient {
  if (!directory.appliesTo(client.id)) return client;
  return {
    ...client,
    async completeLogin(callback, request) {
      const login = await client.completeLogin(callback, request);
      return { ...login, identity: await directory.admit(login.identity) };
    },
    async refresh(before, of) {
      const { identity, tokens } = await client.refresh(before, of);
      if (!identity) return { identity, tokens };
      const admitted = await directory.admit(identity).catch((error: unknown) => {
        throw asRefreshFailure(error, tokens);
      });
      return { identity: admitted, tokens };
    },
  };
}
