import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import type { EndReason } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { ProviderTokens } from '../../tokens/provider-tokens.ts';
import { sanitizedError } from './provider-problem.ts';

/** Why a session could not be refreshed. If `ends` is set the session ends, otherwise the refresh is retried. */
export class RefreshFailure extends Error {
  readonly ends: Extract<EndReason, 'refused' | 'changed'> | undefined;
  /** How long the provider asked to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The tokens that the provider issued before the failure. The earlier ones may no longer be valid. */
  readonly tokens: ProviderTokens | undefined;

  constructor(
    message: string,
    about: { ends?: Extract<EndReason, 'refused' | 'changed'>; retryAfterMs?: number; tokens?: ProviderTokens } = {},
  ) {
    super(message);
    this.name = 'RefreshFailure';
    ({ ends: this.ends, retryAfterMs: this.retryAfterMs, tokens: this.tokens } = about);
  }
}

/** The 4xx statuses that are temporary. */
const temporary = new Set([408, 425, 429]);
const maxWaitMs = 3_600_000;

/** Reads `Retry-After` (RFC 9110 10.2.3): seconds, or a date. */
export function readRetryAfter(response: Response | undefined, now: number): number | undefined {
  const text = response?.headers.get('retry-after') ?? '';
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, maxWaitMs) : undefined;
}

function responseOf(error: unknown): Response | undefined {
  if (error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError) return error.response;
  return error instanceof ClientError && error.cause instanceof Response ? error.cause : undefined;
}

/** An ID token that is not for this client, or not about this user, is not an outage. */
const wrongAssertion = new Set(['OAUTH_JWT_CLAIM_COMPARISON_FAILED', 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED']);

/**
 * Classifies a failed refresh. A refusal (4xx) ends the session, and so does what would refuse a login. If the provider
 * is unavailable (network, 429, 5xx) or its response cannot be verified, the refresh is retried. The error's own
 * objects are not kept, because they contain tokens.
 */
export function refreshFailure(error: unknown, about: { now: number; tokens?: ProviderTokens }): RefreshFailure {
  if (error instanceof RefreshFailure) return error;
  const kept = about.tokens ? { tokens: about.tokens } : {};
  const message = error instanceof ProblemError ? error.detail : sanitizedError(error).message;
  if (error instanceof ProblemError)
    return new RefreshFailure(message, { ...kept, ...(error.code === 'login-failed' ? { ends: 'changed' } : {}) });
  const response = responseOf(error);
  const status = response?.status ?? 0;
  if (status >= 400 && status < 500 && !temporary.has(status))
    return new RefreshFailure(`status ${status}: ${message}`, { ...kept, ends: 'refused' });
  if (error instanceof ClientError && wrongAssertion.has(error.code ?? ''))
    return new RefreshFailure(message, { ...kept, ends: 'changed' });
  const retryAfterMs = readRetryAfter(response, about.now);
  return new RefreshFailure(message, { ...kept, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}
