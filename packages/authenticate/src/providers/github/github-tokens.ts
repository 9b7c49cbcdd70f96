import type { ProviderConfig } from '@sallyport/contracts';
import { z } from 'zod';
import { boundFetch, type OutboundFetch } from '@sallyport/kit';
import { GithubRefusal } from './github-api.ts';

/** What the token endpoint says where it gives nothing; GitHub does so with status 200. */
export class GithubTokenError extends Error {
  readonly error: string;

  constructor(error: string) {
    super(`GitHub gave no token: ${error}`);
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
 * A token to ask the API with, and what brings the next one: itself, where it does not expire (OAuth apps), else a
 * refresh token (GitHub apps).
 */
export type GithubTokens = { accessToken: string; renewal: string };

/** What is kept says which of the two it is. */
const lasting = 'lasting ';
export const lastingToken = (renewal: string): string | undefined =>
  renewal.startsWith(lasting) ? renewal.slice(lasting.length) : undefined;

/** Exchanges a code or a refresh token. Rejects with a GithubTokenError, a GithubRefusal, or as a fetch does. */
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
