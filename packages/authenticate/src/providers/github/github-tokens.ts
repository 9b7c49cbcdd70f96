import type { ProviderConfig } from '@sallyport/contracts';
import { z } from 'zod';
import { boundFetch, type OutboundFetch, ProblemError } from '@sallyport/kit';
import type { ProviderTokens } from '../../tokens/provider-tokens.ts';
import {
  sanitizedError,
  providerProblem,
  unreachable,
  readRetryAfter,
  RefreshFailure,
} from '../client/provider-problem.ts';
import { GithubRefusal } from './github-api.ts';

/** An error response of the token endpoint, which GitHub sends with status 200. */
class GithubTokenError extends Error {
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

/** A timeout, or a response that is not JSON because it came from some server on the way. */
const isNoAnswer = (error: unknown) =>
  ['TimeoutError', 'SyntaxError'].includes((error as { name?: string } | undefined)?.name ?? '');
const wrongClient = new Set(['incorrect_client_credentials', 'redirect_uri_mismatch', 'application_suspended']);

/** Translates an error of GitHub. */
export function githubProblem(id: string, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const cause = sanitizedError(error);
  if (isNoAnswer(error) || (error instanceof GithubRefusal && error.waits)) return unreachable(id, error);
  if (error instanceof GithubTokenError && wrongClient.has(error.error))
    return new ProblemError(
      'login-failed',
      `The identity provider ${id} does not accept this gateway as a client. An operator must correct clientId, clientSecret or the callback URL.`,
      { cause },
    );
  if (error instanceof GithubTokenError)
    return new ProblemError('login-failed', `The identity provider ${id} refused the login (${error.error}).`, {
      cause,
    });
  if (error instanceof GithubRefusal)
    return new ProblemError(
      'login-failed',
      `The identity provider ${id} refused access to your profile or groups. An operator must check the scopes and the organisation's restrictions on applications.`,
      { cause },
    );
  return providerProblem(id, error);
}

/** Classifies GitHub's own errors: a refusal ends the session, rate limits and outages do not. Undefined for others. */
export function githubRefreshFailure(
  error: unknown,
  about: { now: number; tokens: ProviderTokens },
): RefreshFailure | undefined {
  const { tokens } = about;
  if (error instanceof GithubTokenError) return new RefreshFailure(error.message, { ends: 'refused', tokens });
  if (!(error instanceof GithubRefusal)) return undefined;
  if (!error.waits) return new RefreshFailure(error.message, { ends: 'refused', tokens });
  const retryAfterMs = readRetryAfter(error.response, about.now);
  return new RefreshFailure(error.message, { tokens, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}
