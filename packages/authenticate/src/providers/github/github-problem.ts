import { ProblemError } from '@sallyport/kit';
import type { LoginTokens } from '../../tokens/provider-tokens.ts';
import { bareError, providerProblem, unreachable } from '../common/provider-problem.ts';
import { readRetryAfter, RefreshFailure } from '../common/refresh-failure.ts';
import { GithubRefusal } from './github-api.ts';
import { GithubTokenError } from './github-tokens.ts';

/** It took too long, or is no JSON at all: some server on the way answered. */
const isNoAnswer = (error: unknown) =>
  ['TimeoutError', 'SyntaxError'].includes((error as { name?: string } | undefined)?.name ?? '');
const wrongClient = new Set(['incorrect_client_credentials', 'redirect_uri_mismatch', 'application_suspended']);

/** Says what went wrong between us and GitHub. */
export function githubProblem(id: string, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const cause = bareError(error);
  if (isNoAnswer(error) || (error instanceof GithubRefusal && error.waits)) return unreachable(id, error);
  if (error instanceof GithubTokenError && wrongClient.has(error.error))
    return new ProblemError(
      'login-failed',
      `The identity provider ${id} does not accept this gateway as its client; an operator must correct clientId, clientSecret or the callback URL.`,
      { cause },
    );
  if (error instanceof GithubTokenError)
    return new ProblemError('login-failed', `The identity provider ${id} refused the login (${error.error}).`, {
      cause,
    });
  if (error instanceof GithubRefusal)
    return new ProblemError(
      'login-failed',
      `The identity provider ${id} does not say who you are, or which groups you are in; an operator must see to the scopes and to the organisation's restrictions on applications.`,
      { cause },
    );
  return providerProblem(id, error);
}

/** Judges what only GitHub says: a refusal ends the session, limits and outages do not. Undefined for anything else. */
export function githubRefreshFailure(
  error: unknown,
  about: { now: number; tokens: LoginTokens },
): RefreshFailure | undefined {
  const { tokens } = about;
  if (error instanceof GithubTokenError) return new RefreshFailure(error.message, { ends: 'refused', tokens });
  if (!(error instanceof GithubRefusal)) return undefined;
  if (!error.waits) return new RefreshFailure(error.message, { ends: 'refused', tokens });
  const retryAfterMs = readRetryAfter(error.response, about.now);
  return new RefreshFailure(error.message, { tokens, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}
