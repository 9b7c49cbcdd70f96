import type { ProviderConfig } from '@sallyport/contracts';
import { z } from 'zod';
import { boundFetch, type OutboundFetch } from '@sallyport/kit';
import { GithubRefusal } from './github-api.ts';

/** An error response of the token endpoint, which GitHub sends with status 200. */
export class GithubTokenError extends Error {
  readonly error: string;

  constructor(error: string) {
    super(`GitHub issued no token: ${error}`);
    this.name = 'GithubTokenError';
    this.error = error;
  }
}

const answerSchema = z.union([
  z.object({ error: z.string().transform((error) => (/^[a-z_]{1,60}$/.test(error) ? error : 'an unknown error')) }),
  z.object({
    access_token: z.string().min(1),
    token_type: z.string().regex(/^bearer$/i),
    refresh_token: z.string().min(1).optional(),
  }),
]);

/**
 * An access token for the API, and what renews it: a refresh token (GitHub apps), or the access token itself if it does
 * not expire (OAuth apps).
 */
export type GithubTokens = { accessToken: string; renewal: string };

/** Marks a stored value as an access token that does not expire. */
const lasting = 'lasting ';
export const lastingToken = (renewal: string): string | undefined =>
  renewal.startsWith(lasting) ? renewal.slice(lasting.length) : undefined;

/** Exchanges a code or refresh token. Rejects with a GithubTokenError, a GithubRefusal, or with the errors of fetch. */
export async function fetchGithubTokens(
  { provider, fetch }: { provider: ProviderConfig; fetch: OutboundFetch },
  grant: Record<string, string>,
): Promise<GithubTokens> {
  const response = await boundFetch(fetch)(`${provider.issuer}/login/oauth/access_token`, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(5000),
    headers: {
      accept: 'application/json',
      'user-agent': 'sallyport',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      client_id: provider.clientId,
      client_secret: provider.clientSecret!,
      ...grant,
    }).toString(),
  });
  if (response.status !== 200) throw new GithubRefusal('/login/oauth/access_token', response);
  const answer = answerSchema.parse(await response.json());
  if ('error' in answer) throw new GithubTokenError(answer.error);
  return { accessToken: answer.access_token, renewal: answer.refresh_token ?? `${lasting}${answer.access_token}` };
}
