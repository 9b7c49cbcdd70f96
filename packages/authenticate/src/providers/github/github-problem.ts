import { ProblemError } from '@sallyport/kit';
import type { ProviderTokens } from '../../tokens/provider-tokens.ts';
import { sanitizedError, providerProblem, unreachable } from '../common/provider-problem.ts';
import { readRetryAfter, RefreshFailure } from '../common/refresh-failure.ts';
import { GithubRefusal } from './github-api.ts';
import { GithubTokenError } from './github-tokens.ts';

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
