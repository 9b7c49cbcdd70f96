import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import type { EndReason } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { LoginTokens } from '../../tokens/provider-tokens.ts';
import { bareError } from './provider-problem.ts';

/** Why a session could not be refreshed. `ends` is set where that ends it; else the provider is to be asked again. */
export class RefreshFailure extends Error {
  readonly ends: Extract<EndReason, 'refused' | 'changed'> | undefined;
  /** How long the provider asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** What the provider gave before it went wrong; the earlier ones may be worth nothing any more. */
  readonly tokens: LoginTokens | undefined;

  constructor(
    message: string,
    about: { ends?: Extract<EndReason, 'refused' | 'changed'>; retryAfterMs?: number; tokens?: LoginTokens } = {},
  ) {
    super(message);
    this.name = 'RefreshFailure';
    ({ ends: this.ends, retryAfterMs: this.retryAfterMs, tokens: this.tokens } = about);
  }
}

/** Of the answers of the kind "you are wrong", those that mean "not now". */
const notNow = new Set([408, 425, 429]);
const longestWaitMs = 3_600_000;

/** RFC 9110 10.2.3: seconds, or a date. */
export function readRetryAfter(response: Response | undefined, now: number): number | undefined {
  const text = response?.headers.get('retry-after') ?? '';
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, longestWaitMs) : undefined;
}

function responseOf(error: unknown): Response | undefined {
  if (error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError) return error.response;
  return error instanceof ClientError && error.cause instanceof Response ? error.cause : undefined;
}

/** What an assertion says that is not meant for us, or not about this person, is no outage. */
const wrongAssertion = new Set(['OAUTH_JWT_CLAIM_COMPARISON_FAILED', 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED']);

/**
 * Judges what went wrong: any refusal (4xx) ends the session, and so does what would let nobody log in; a provider that
 * is away (network, 429, 5xx) or whose answer cannot be verified now is asked again. Nothing of the error's own objects
 * is kept, for they hold tokens.
 */
export function refreshFailure(error: unknown, about: { now: number; tokens?: LoginTokens }): RefreshFailure {
  if (error instanceof RefreshFailure) return error;
  const kept = about.tokens ? { tokens: about.tokens } : {};
  const message = error instanceof ProblemError ? error.detail : bareError(error).message;
  if (error instanceof ProblemError)
    return new RefreshFailure(message, { ...kept, ...(error.code === 'login-failed' ? { ends: 'changed' } : {}) });
  const response = responseOf(error);
  const status = response?.status ?? 0;
  if (status >= 400 && status < 500 && !notNow.has(status))
    return new RefreshFailure(`status ${status}: ${message}`, { ...kept, ends: 'refused' });
  if (error instanceof ClientError && wrongAssertion.has(error.code ?? ''))
    return new RefreshFailure(message, { ...kept, ends: 'changed' });
  const retryAfterMs = readRetryAfter(response, about.now);
  return new RefreshFailure(message, { ...kept, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}
