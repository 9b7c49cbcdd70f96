import { ProblemError } from '@sallyport/kit';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import { RefreshFailure } from '../providers/common/refresh-failure.ts';
import type { LoginTokens } from '../tokens/provider-tokens.ts';
import type { Directory } from '@sallyport/directory';

/** At a refresh, what the provider gave is not lost when the directory refuses or cannot be asked. */
function asRefreshFailure(error: unknown, tokens: LoginTokens): RefreshFailure {
  if (!(error instanceof ProblemError)) throw error;
  return new RefreshFailure(error.detail, { tokens, ...(error.code === 'login-failed' ? { ends: 'changed' } : {}) });
}

/** The same provider, whose people are who they are once the directory has been asked as well. */
export function askDirectory(
  client: ProviderClient,
  directory: Pick<Directory, 'admit' | 'appliesTo'>,
): ProviderClient {
  if (!directory.appliesTo(client.id)) return client;
  return {
    ...client,
    async finish(answer, login) {
      const finished = await client.finish(answer, login);
      return { ...finished, identity: await directory.admit(finished.identity) };
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
